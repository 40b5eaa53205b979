/** One entry of the test run. */
export interface Suite {
  readonly name: string
  /** Globs relative to the root of the repository. A file belongs to one suite. */
  readonly include: readonly string[]
  /** `happy-dom` for suites that render; everything else is Node. */
  readonly environment?: 'node' | 'happy-dom'
  /** Suites of one phase run beside each other; a phase starts when the one before it has ended. */
  readonly phase?: number
  /** One file at a time, for suites that own a browser, a port or the disk. Such a suite has a phase of its own. */
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
      'web/{node,cvx,stdb}/*/src/**/*.test.ts',
      'bench/*/*.test.ts',
    ],
  },
  {
    name: 'dom',
    include: ['packages/noboil/src/**/*.test.tsx', 'web/ui/src/**/*.test.tsx'],
    environment: 'happy-dom',
  },
  { name: 'scripts', include: ['scripts/**/*.test.ts'], timeoutMs: 120_000 },
  { name: 'conformance', include: ['conformance/src/**/*.test.ts'], timeoutMs: 60_000 },
  { name: 'samples', include: ['conformance/samples/**/*.test.ts'], timeoutMs: 120_000 },
  {
    name: 'crash',
    include: ['conformance/crash/**/*.test.ts'],
    phase: 1,
    serial: true,
    timeoutMs: 600_000,
  },
  {
    name: 'mirrors',
    include: ['conformance/mirrors/*.test.ts'],
    phase: 2,
    serial: true,
    timeoutMs: 120_000,
  },
  {
    name: 'redis',
    include: ['packages/noboil/test/redis/*.test.ts'],
    phase: 3,
    serial: true,
    timeoutMs: 60_000,
  },
  {
    name: 'browser',
    include: ['web/{node,cvx,stdb}/*/test/**/*.test.ts'],
    phase: 4,
    serial: true,
    timeoutMs: 120_000,
  },
  {
    name: 'package',
    include: ['packages/noboil/test/package/*.test.ts'],
    phase: 5,
    serial: true,
    timeoutMs: 300_000,
  },
]
