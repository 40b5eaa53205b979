/** Convex in a test's own process, or on a port of this machine: the real client, without a deployment. @module */
export { DefinitionError } from '../errors/assert.ts'
export type { DeploymentConfig } from '../standins/convex/deployment.ts'
export type { Modules } from '../standins/convex/functions.ts'
export type { Identity } from '../standins/convex/identity.ts'
export type { Listening, ListenOptions } from '../standins/convex/listen.ts'
export {
  type Actor,
  createTestDeployment,
  type TestDeployment,
} from '../standins/convex/standin.ts'
