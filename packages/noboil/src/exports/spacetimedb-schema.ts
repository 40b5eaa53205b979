/** The schema, under the SpacetimeDB host's name, and how its operations are called on the wire. @module */
export * from './schema.ts'
export {
  answerTo,
  callOf,
  type ProcedureCall,
  type ReducerCall,
} from '../schema/spacetimedb/calls.ts'
