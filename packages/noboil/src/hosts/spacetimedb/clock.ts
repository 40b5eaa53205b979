/** The database's clock, for clients whose own may be wrong: what runs out, runs out by this one. */
import { readClock } from '../../schema/spacetimedb/calls.ts'
import { millisOf } from './calls.ts'
import { type ModuleExport, type ModuleSchema, sdk } from './sdk.ts'

export function clockFunctions(module: ModuleSchema): Readonly<Record<string, ModuleExport>> {
  const { t } = sdk
  return {
    [readClock]: module.procedure({}, { args: t.string() }, t.string(), (ctx) =>
      ctx.withTx((tx) => String(millisOf(tx))),
    ),
  }
}
