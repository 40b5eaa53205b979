/** A module that has one of everything, for the tests of its host. */
import { Range, schema, SenderError, t, table } from 'spacetimedb/server'

const note = table(
  {
    public: true,
    indexes: [{ accessor: 'byParentSeq', algorithm: 'btree', columns: ['parent', 'seq'] }],
  },
  {
    id: t.u64().primaryKey().autoInc(),
    parent: t.string(),
    seq: t.u64(),
    text: t.string(),
    key: t.option(t.string()),
    author: t.identity(),
    at: t.timestamp(),
  },
)
const head = table({}, { parent: t.string().primaryKey(), last: t.u64() })
const audit = table({}, { id: t.u32().primaryKey().autoInc(), what: t.string() })
const alarm = table(
  {},
  { id: t.u64().primaryKey().autoInc(), at: t.scheduleAt(), label: t.string() },
)
const errand = table(
  {},
  { id: t.u64().primaryKey().autoInc(), at: t.scheduleAt(), url: t.string() },
)
const shout = table({ public: true, event: true }, { text: t.string() })
const tag = table(
  { public: true },
  { noteId: t.u64().index('btree'), tagName: t.string().unique() },
)

const db = schema({ note, head, audit, alarm, errand, shout, tag })
// oxlint-disable-next-line import/no-default-export -- SpacetimeDB takes the schema from there
export default db

let callsOfThisInstance = 0

export const init = db.init((ctx) => {
  ctx.db.audit.insert({ id: 0, what: 'init' })
})

export const connected = db.clientConnected((ctx) => {
  if (ctx.senderAuth.jwt?.subject === 'banned') throw new SenderError('you are banned')
  ctx.db.audit.insert({ id: 0, what: 'connected' })
})

export const disconnected = db.clientDisconnected((ctx) => {
  ctx.db.audit.insert({ id: 0, what: 'disconnected' })
})

export const append = db.reducer(
  { parent: t.string(), text: t.string(), key: t.option(t.string()) },
  (ctx, { parent, text, key }) => {
    const known = ctx.db.head.parent.find(parent)
    const seq = (known?.last ?? 0n) + 1n
    if (known) ctx.db.head.parent.update({ parent, last: seq })
    else ctx.db.head.insert({ parent, last: seq })
    ctx.db.audit.insert({ id: 0, what: `append ${parent}/${seq}` })
    if (text === '') throw new SenderError('text must not be empty')
    if (text === 'bug') throw new Error('a secret of the module')
    ctx.db.note.insert({ id: 0n, parent, seq, text, key, author: ctx.sender, at: ctx.timestamp })
  },
)

export const edit = db.reducer({ id: t.u64(), text: t.string() }, (ctx, { id, text }) => {
  const row = ctx.db.note.id.find(id)
  if (!row) throw new SenderError('no such note')
  ctx.db.note.id.update({ ...row, text })
})

export const purge = db.reducer(
  { parent: t.string(), below: t.u64() },
  (ctx, { parent, below }) => {
    ctx.db.note.byParentSeq.delete([
      parent,
      new Range({ tag: 'unbounded' }, { tag: 'excluded', value: below }),
    ])
  },
)

export const tagNote = db.reducer({ noteId: t.u64(), tagName: t.string() }, (ctx, row) => {
  ctx.db.tag.insert(row)
})

export const cry = db.reducer({ text: t.string() }, (ctx, { text }) => {
  ctx.db.shout.insert({ text })
})

export const arm = db.reducer({ at: t.scheduleAt(), label: t.string() }, (ctx, { at, label }) => {
  ctx.db.alarm.insert({ id: 0n, at, label })
})

export const disarm = db.reducer((ctx) => {
  ctx.db.alarm.clear()
})

export const ring = db.reducer({ onSchedule: alarm }, { row: alarm.rowType }, (ctx, { row }) => {
  const isOurs = ctx.sender.isEqual(ctx.databaseIdentity)
  ctx.db.audit.insert({ id: 0, what: `ring ${row.label} ${isOurs}` })
  ctx.db.shout.insert({ text: `ring ${row.label}` })
  if (row.label === 'broken') throw new Error('broken')
})

export const send = db.reducer({ at: t.scheduleAt(), url: t.string() }, (ctx, { at, url }) => {
  ctx.db.errand.insert({ id: 0n, at, url })
})

export const run = db.procedure(
  { onSchedule: errand },
  { row: errand.rowType },
  t.unit(),
  (ctx, { row }) => {
    const body = ctx.http.fetch(row.url).text()
    ctx.withTx((tx) => {
      tx.db.audit.insert({ id: 0, what: `fetched ${body}` })
    })
    return {}
  },
)

export const whoami = db.reducer((ctx) => {
  const { jwt } = ctx.senderAuth
  callsOfThisInstance++
  ctx.db.audit.insert({
    id: 0,
    what: `${jwt?.subject ?? 'nobody'} ${jwt?.audience.join() ?? ''} ${ctx.connectionId === null} ${callsOfThisInstance}`,
  })
})

export const draw = db.procedure(t.array(t.u32()), (ctx) => [
  ctx.random.uint32(),
  ctx.random.uint32(),
])

export const since = db.procedure(
  { parent: t.string(), after: t.u64() },
  t.array(t.string()),
  (ctx, { parent, after }) =>
    ctx.withTx((tx) =>
      Array.from(
        tx.db.note.byParentSeq.filter([parent, new Range({ tag: 'excluded', value: after })]),
        ({ seq, text }) => `${seq}:${text}`,
      ),
    ),
)

export const fetchAndStore = db.procedure({ url: t.string() }, t.u32(), (ctx, { url }) => {
  const response = ctx.http.fetch(url, {
    method: 'POST',
    headers: { authorization: 'Bearer k' },
    body: JSON.stringify({ q: 1 }),
  })
  if (!response.ok) throw new SenderError(`upstream ${response.status}`)
  const text = response.text()
  ctx.withTx((tx) => {
    tx.db.audit.insert({ id: 0, what: `stored ${text}` })
  })
  try {
    ctx.withTx((tx) => {
      tx.db.audit.insert({ id: 0, what: 'undone' })
      throw new Error('no')
    })
  } catch {
    // What it wrote is gone.
  }
  return response.status
})

export const fetchInside = db.procedure(t.unit(), (ctx) => {
  ctx.withTx(() => {
    ctx.http.fetch('http://upstream/')
  })
  return {}
})

export const mine = db.view({ name: 'mine', public: true }, t.array(note.rowType), (ctx) =>
  [...ctx.db.note.iter()].filter((row) => row.author.isEqual(ctx.sender)),
)

export const ofA = db.anonymousView({ name: 'of_a', public: true }, t.array(note.rowType), (ctx) =>
  ctx.from.note.where((row) => row.parent.eq('a')),
)
