/** Fetches by its procedure. */
import { noboil } from '../../exports/spacetimedb.ts'
import { fetchSync } from './fetching.ts'
import { filmTables } from './films.fixture.ts'

// oxlint-disable-next-line import/no-default-export -- a module is its default export
export default noboil({
  tables: filmTables((_ctx, key) => {
    const answer = fetchSync(`https://films.test/${key}`)
    if (answer.status === 404) return null
    if (!answer.ok) throw new Error(`The source answered ${answer.status}.`)
    return answer.json() as never
  }),
})
