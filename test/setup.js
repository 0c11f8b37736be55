// graphql decides when it is loaded whether it does as in production. Elsewhere it looks for copies of itself
// whenever it checks a class, and a schema that is built checks many; the processes of test/e2e do that, too.
const { NODE_ENV } = process.env;
process.env.NODE_ENV = 'production';
require('graphql/jsutils/instanceOf');
process.env.NODE_ENV = NODE_ENV;
