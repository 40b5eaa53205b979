/** A module that mounts another one. */
import { schema, t, table } from 'spacetimedb/server'
import * as notes from './notes.module.fixture.ts'

const own = table({}, { id: t.u64().primaryKey().autoInc() })
const db = schema({ own, notes })
// oxlint-disable-next-line import/no-default-export -- SpacetimeDB takes the schema from there
export default db

export const both = db.reducer({ text: t.string() }, (ctx, { text }) => {
  ctx.db.own.insert({ id: 0n })
  notes.add(ctx.as.notes, { text })
})

export const ownAll = db.view({ name: 'own_all', public: true }, t.array(own.rowType), (ctx) => [
  ...ctx.db.own.iter(),
])
