import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { printSchema } from 'graphql';
import { accessList, guard } from './api/guard';
import { buildBareSchema } from './api/schema';

/** The two files that say what the API is, from the schema as it is served. */
export function emittedFiles(): Record<string, string> {
  const schema = guard(buildBareSchema());
  return { 'schema/schema.graphql': `${printSchema(schema)}\n`, 'schema/access.txt': accessList(schema) };
}

if (require.main === module) {
  for (const [file, text] of Object.entries(emittedFiles())) writeFileSync(file, text);
}
