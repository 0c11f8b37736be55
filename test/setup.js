// graphql decides when it is loaded whether it does as in production. Elsewhere it looks for copies of itself at every check of a class, of
// which a schema that is built takes hundreds of thousands; the processes of test/e2e do that, too.
const { NODE_ENV } = process.env;
process.env.NODE_ENV = 'production';
require('graphql/jsutils/instanceOf');
process.env.NODE_ENV = NODE_ENV;
