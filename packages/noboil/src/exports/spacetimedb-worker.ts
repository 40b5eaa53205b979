/** A worker for a SpacetimeDB module: the process that fetches what a module cannot wait for. @module */
export { DefinitionError } from '../errors/assert.ts'
export { isNoboilError, NoboilError } from '../errors/error.ts'
export {
  action,
  type ActionContext,
  type WorkerAction,
} from '../hosts/spacetimedb/worker/actions.ts'
export {
  type SpacetimeWorker,
  startWorker,
  type WorkerLog,
  type WorkerOptions,
} from '../hosts/spacetimedb/worker/worker.ts'
