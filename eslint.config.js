import { defineConfig } from 'eslint/config';
import boundaries from 'eslint-plugin-boundaries';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const folders = [
  'protocol',
  'main',
  'preload',
  'renderer',
  'signaling-server',
  'media-server',
  'test',
  'bench',
];

/** Who may import whom: the table of ARCHITECTURE.md, enforced. */
const arrows = {
  protocol: [],
  preload: ['protocol'],
  renderer: ['protocol'],
  'signaling-server': ['protocol'],
  'media-server': ['protocol'],
  main: ['protocol', 'signaling-server'],
  test: folders,
  bench: folders,
};

export default defineConfig(
  { ignores: ['dist/**', 'out/**', 'node_modules/**', 'test/fixtures/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./*/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    plugins: { boundaries, 'react-hooks': reactHooks },
    settings: {
      'boundaries/elements': folders.map((folder) => ({
        type: folder,
        pattern: `${folder}/**`,
        partialMatch: false,
      })),
      'import/resolver': { typescript: { project: './*/tsconfig.json', noWarnOnMultipleProjects: true } },
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: Object.entries(arrows).map(([from, allow]) => ({
            from: { element: { type: from } },
            allow: { to: { element: { type: [from, ...allow] } } },
          })),
        },
      ],
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
    },
  },
  {
    // One file imports werift: its traps are worked around in one place.
    files: ['media-server/**/*.ts'],
    ignores: ['media-server/transport/werift.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^werift(/|$)', message: 'import it through media-server/transport/werift.ts' },
          ],
        },
      ],
    },
  },
  {
    // Tests beside a source and command lines may look across folders, and print.
    files: ['**/*.test.ts', '**/*.test.tsx', 'test/**', 'bench/**'],
    rules: { 'boundaries/dependencies': 'off' },
  },
  {
    files: ['**/cli.ts', 'bench/**', 'test/report/**'],
    rules: { 'no-console': 'off' },
  },
);
