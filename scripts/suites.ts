/** One entry of the test run. */
export interface Suite {
  readonly name: string
  /** Globs relative to the root of the repository. */
  readonly include: readonly string[]
  /** `happy-dom` for suites that render; everything else is Node. */
  readonly environment?: 'node' | 'happy-dom'
  /** Suites of one phase run beside each other; a phase starts when the one before it has ended. */
  readonly phase?: number
  /** One file at a time, for suites that own a browser, a port or the disk. */
  readonly serial?: boolean
  /** For each test and each hook, in milliseconds. */
  readonly timeoutMs?: number
}

/** Every test suite of the repository. A new one is one entry; `npm test` fails when one ran nothing. */
export const SUITES: readonly Suite[] = [
  {
    name: 'unit',
    include: [
      'packages/noboil/src/**/*.test.ts',
      'backend/*/src/**/*.test.ts',
      'web/ui/src/**/*.test.ts',
      'web/node/*/src/**/*.test.ts',
    ],
  },
  { name: 'scripts', include: ['scripts/**/*.test.ts'], timeoutMs: 120_000 },
]
