import type { KnipConfig } from 'knip'

const config: KnipConfig = {
  // Types of what a public function takes or answers are exported with it.
  ignoreExportsUsedInFile: true,
  compilers: {
    css: (text) =>
      [...text.matchAll(/@import\s+(['"])(.+?)\1/g)]
        .map(([, , path]) => `import '${path}'`)
        .join('\n'),
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
    'backend/*': { entry: ['src/{index,start}.ts'] },
    // Its page is found by Vite alone.
    'web/ui': { entry: ['src/poll/preview/preview.css'], project: ['src/**'] },
    // Makes the README's picture; started by hand.
    'web/node/*': { entry: ['test/picture.ts'] },
    conformance: { entry: ['src/table.write.ts', 'samples/**/*.ts', 'crash/*.ts'] },
    bench: { entry: ['**/*.ts', '!.cache/**'], project: ['**/*.{ts,css}', '!.cache/**'] },
  },
}

export default config
