/** The schema, under the SpacetimeDB host's name, and how its operations are called on the wire. @module */
export * from './schema.ts'
export {
  answerTo,
  callOf,
  type ProcedureCall,
  type ReducerCall,
} from '../schema/spacetimedb/calls.ts'
export { answered } from '../hosts/spacetimedb/contexts.ts'
export { byWorker, fetchSync } from '../hosts/spacetimedb/fetching.ts'
export type { WireTable } from '../factories/wiring.ts'
export { refs } from '../server/refs.ts'
