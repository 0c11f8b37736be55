const { execFileSync } = require('node:child_process');

// Some tests start the product as an operating system does, from dist/: never from an old build.
module.exports = () => {
  execFileSync(process.execPath, ['build.mjs'], { cwd: `${__dirname}/..`, stdio: 'inherit' });
};
