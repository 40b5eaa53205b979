/** The SpacetimeDB host: tables and their operations as a SpacetimeDB module. @module */
export { DefinitionError } from '../errors/assert.ts'
export { isNoboilError, NoboilError } from '../errors/error.ts'
export type { FactoryLimits } from '../factories/shared/call.ts'
export type { OptionsOf, Wired, WireTable } from '../factories/wiring.ts'
export type { SpacetimeConfig } from '../hosts/spacetimedb/app.ts'
export {
  buildModule,
  type FieldsOption,
  type Made,
  type MadeReducer,
  type MadeTable,
  makeCacheCrud,
  makeChild,
  makeKv,
  makeLog,
  makeOwned,
  makeQuota,
  makeSingleton,
  ModuleBuilder,
  type ModuleSettings,
} from '../hosts/spacetimedb/builder.ts'
export type { People } from '../hosts/spacetimedb/calls.ts'
export { answered } from '../hosts/spacetimedb/contexts.ts'
export { byWorker, fetchSync, type FetchSyncOptions } from '../hosts/spacetimedb/fetching.ts'
export { noboil, type SpacetimeModule } from '../hosts/spacetimedb/noboil.ts'
export type { Admission, Claims, Entrant } from '../hosts/spacetimedb/people.ts'
export { refs } from '../server/refs.ts'
