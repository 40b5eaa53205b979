/**
 * The base factory: rows of somebody's API, kept for a while.
 *
 * `get`, `list`, `invalidate` and `purge` are queries and mutations like any other. `load` and `refresh` are actions: flows over
 * the named programs `<table>:look`, `:claim`, `:settle`, with one `fetch` or `wait` between. To run them, a host supplies:
 *
 * - `run`: one transaction by a program's name, with plain data as arguments (`look` is `readOnly`);
 * - `fetch`: the fetcher outside any transaction, ended after `timeoutMs` with `TIMEOUT`. Only a host that closes fails it with
 *   `UNAVAILABLE`: that gives the fetch back instead of counting a failure. Where nothing can wait, the fetcher must answer at once;
 * - `wait`: until the row of `wake` has gone, or, where the host does not follow commits, at most `wake.pollMs`;
 * - its schedule: `refresh:<table>` fetches what a stale `load` has left to the background, `sweep:<table>` what a purge has hidden.
 *   Both may be started again at any time.
 *
 * The flow of an action runs to its end also when its caller has gone: others wait for what it fetches.
 */
import type { BaseTable } from '../../schema/tables.ts'
import type { Settings } from '../shared/call.ts'
import type { BuiltTable } from '../shared/operation.ts'
import { stamps, windows } from '../shared/window.ts'
import { refreshFlow } from './claim.ts'
import { baseContext } from './context.ts'
import { invalidate, purge, sweepFlow, sweepOf } from './edit.ts'
import { loadingOf } from './load.ts'
import { get, list } from './read.ts'
import { fetches, outcomes, purges, totals } from './rows.ts'
import type { BaseOptions } from './types.ts'

export function buildBase(table: BaseTable, options: BaseOptions, settings: Settings): BuiltTable {
  const base = baseContext(table, options, settings)
  const loading = loadingOf(base)
  const sweep = sweepOf(base)
  return {
    name: table.name,
    factory: 'base',
    everybodySees: () => true,
    layouts: [
      base.layout,
      fetches,
      outcomes,
      purges,
      totals,
      ...(base.rateLimit ? [windows, stamps] : []),
    ],
    operations: {
      get: get(base),
      list: list(base),
      all: list(base),
      load: loading.load,
      refresh: loading.refresh,
      invalidate: invalidate(base),
      purge: purge(base),
    },
    flows: {
      [refreshFlow(base)]: (held) => loading.background(held as never),
      [sweepFlow(base)]: (swept) => sweep.flow(swept as never),
    },
    programs: [...loading.programs, ...sweep.programs],
  }
}
