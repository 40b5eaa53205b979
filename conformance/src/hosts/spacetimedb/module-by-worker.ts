/** The app of the suite as a SpacetimeDB module that leaves all fetching to a worker. */
import { byWorker, noboil } from 'noboil/spacetimedb'
import { tables } from '../../app.ts'

const withoutFetchers: typeof tables = (build) => {
  const { film, weather, price, ...others } = tables(build)
  const left = <wired extends { readonly options: object }>(each: wired): wired => ({
    ...each,
    options: { ...each.options, fetcher: byWorker },
  })
  return { ...others, film: left(film), weather: left(weather), price: left(price) }
}

// oxlint-disable-next-line import/no-default-export -- a module is its default export
export default noboil({ tables: withoutFetchers, people: 'known' })
