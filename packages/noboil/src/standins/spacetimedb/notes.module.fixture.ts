/** A library that other modules mount. */
import { schema, SenderError, t, table } from 'spacetimedb/server'

const entry = table({}, { id: t.u64().primaryKey().autoInc(), text: t.string() })
const db = schema({ entry })
// oxlint-disable-next-line import/no-default-export -- SpacetimeDB takes the schema from there
export default db

export const add = db.reducer({ text: t.string() }, (ctx, { text }) => {
  if (text === '') throw new SenderError('empty')
  ctx.db.entry.insert({ id: 0n, text })
})

export const all = db.view({ name: 'all', public: true }, t.array(entry.rowType), (ctx) => [
  ...ctx.db.entry.iter(),
])
