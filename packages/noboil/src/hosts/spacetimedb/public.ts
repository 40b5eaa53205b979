import type { App } from './app.ts'
import type { CallContext } from './sdk.ts'
import type { HostTransaction } from './transaction.ts'

export function publish(_app: App, _ctx: CallContext, _transaction: HostTransaction): void {}
