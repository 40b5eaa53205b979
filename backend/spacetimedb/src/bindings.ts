/** What clients know of the module: its tables and reducers, made from the schema alone. */
import { bindingsOf } from 'noboil/spacetimedb/client'
import { s } from './s.ts'

export const bindings = bindingsOf(s)
export const { tables, reducers } = bindings
