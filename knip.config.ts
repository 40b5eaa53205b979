import type { KnipConfig } from 'knip'

const config: KnipConfig = {
  // Types of what a public function takes or answers are exported with it.
  ignoreExportsUsedInFile: true,
  // Of the system: scripts/ensure-system.ts.
  ignoreBinaries: ['redis-server'],
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
      // Programs that tests start as processes of their own, and SpacetimeDB modules, whose exports their host finds.
      entry: [
        'test/package/consumer/*.{ts,tsx}',
        'src/hosts/sqlite/epoch.fixture.ts',
        'src/**/*{module,process}.fixture.ts',
      ],
      project: ['src/**', 'test/**'],
    },
    'backend/*': { entry: ['src/{index,start,worker}.ts'] },
    // Its pages are found by Vite alone.
    'web/ui': { entry: ['src/*/preview/preview.css'], project: ['src/**'] },
    // They make the README's pictures; started by hand.
    'web/node/movie': { entry: ['test/picture.ts'] },
    'web/node/poll': { entry: ['test/picture.ts'] },
    conformance: {
      entry: [
        'samples/**/*.ts',
        '!samples/.cache/**',
        'crash/*.ts',
        'mirrors/{deployment,page/main}.{ts,tsx}',
      ],
    },
    bench: { entry: ['**/*.ts', '!.cache/**'], project: ['**/*.{ts,css}', '!.cache/**'] },
  },
}

export default config
