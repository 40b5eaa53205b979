/** The app of the suite as a SpacetimeDB module. Whoever has no row among the users is nobody. */
import { noboil } from 'noboil/spacetimedb'
import { tables } from '../app.ts'

// oxlint-disable-next-line import/no-default-export -- a module is its default export
export default noboil({ tables, people: 'known' })
