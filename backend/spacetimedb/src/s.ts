/** The schema of the demo's two apps: the same declarations as on every other host. */
export { s } from '@noboil/backend-node/s'
