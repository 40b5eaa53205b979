/** Leaves fetching to a worker. */
import { noboil } from '../../exports/spacetimedb.ts'
import { byWorker } from './fetching.ts'
import { filmTables } from './films.fixture.ts'

// oxlint-disable-next-line import/no-default-export -- a module is its default export
export default noboil({ tables: filmTables(byWorker) })
