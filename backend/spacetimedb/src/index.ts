/**
 * The module: what `spacetime publish` builds and the database runs.
 */
import { noboil } from 'noboil/spacetimedb'
import { admit } from './people.ts'
import { tables } from './tables.ts'

const spacetimedb = noboil({ people: admit, tables })

// oxlint-disable-next-line import/no-default-export -- a module is its default export
export default spacetimedb
