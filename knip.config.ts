import type { KnipConfig } from 'knip'

const config: KnipConfig = {
  // Types of what a public function takes or answers are exported with it.
  ignoreExportsUsedInFile: true,
  compilers: {
    css: (text) =>
      [...text.matchAll(/@import\s+[^;]+;/g)].map(([statement]) => statement).join('\n'),
  },
  workspaces: {
    '.': {
      entry: ['scripts/{test,check,build,types,prepack}.ts'],
      project: ['scripts/**'],
      // Started by name; tsgolint by oxlint itself.
      ignoreDependencies: ['@arethetypeswrong/cli', 'oxlint', 'oxlint-tsgolint', 'publint'],
    },
    'packages/noboil': {
      entry: ['test/package/consumer/*.{ts,tsx}'],
      project: ['src/**', 'test/**'],
    },
    'backend/*': { entry: ['src/{index,start}.ts', '{s,lazy}.ts'], project: ['**/*.ts'] },
    'web/ui': { project: ['src/**'] },
    'web/node/*': { project: ['**/*.{ts,tsx}'] },
    conformance: { project: ['**/*.ts'] },
    bench: { entry: ['**/*.ts'], project: ['**/*.ts'] },
  },
}

export default config
