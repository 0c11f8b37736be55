import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/__generated__/',
      'dist/',
      'dist.next/',
      'node_modules/',
      '.latchkey/',
      'coverage/',
      'console/src/api/schema.d.ts',
    ],
  },
  js.configs.recommended,
  {
    // Prettier does not wrap comments. Code is its business.
    ignores: ['console/**', 'test/console/**'],
    rules: { 'max-len': ['error', { code: 10_000, comments: 110, ignoreUrls: true }] },
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // GraphQL classes and resolvers are classes by type-graphql's design.
      '@typescript-eslint/no-extraneous-class': 'off',
      // Apollo and Fastify ask for async functions also where nothing is awaited.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Row and GraphQL classes carry decorators and no behaviour: plain objects of their shape are used in
      // their place.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-syntax': [
        'error',
        // They open transactions of their own, outside of Database.write.
        {
          selector:
            'CallExpression[callee.property.name=/^(save|remove|softRemove|recover)$/][callee.object.name=/^(tx|manager|read)$/]',
          message: 'Use insert, update or delete inside Database.write.',
        },
        {
          selector:
            "CallExpression[callee.property.name='skip'], CallExpression[callee.property.name='only'], CallExpression[callee.property.name='todo']",
          message: 'No skipped tests.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'migrations/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 450, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // A component holds its markup.
    files: ['console/**/*.tsx'],
    rules: { 'max-lines-per-function': ['error', { max: 90, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['src/main.ts', 'src/demo/**/*.ts', 'src/cli.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        module: 'readonly',
        require: 'readonly',
        __dirname: 'readonly',
        __filename: 'readonly',
        fetch: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
      },
    },
  },
);
