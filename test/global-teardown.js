const { rm } = require('node:fs/promises');
const { dirname } = require('node:path');

module.exports = () => rm(dirname(process.env.MIGRATED_DATABASE), { recursive: true });
