/**
 * Who may do what, as one reads it: for each operation what it comes to for each caller, under a private poll and under a
 * public one. `-` is an answer without anything in it; `sign` is NOT_AUTHENTICATED, `gone` NOT_FOUND, `deny` FORBIDDEN.
 *
 * ann owns the poll, bob is its member and wrote the rows under it.
 */
import type { Who } from '../world.ts'

export const callers: readonly Who[] = ['nobody', 'eve', 'bob', 'ann', 'admin', 'system']

const codes: Readonly<Record<string, string>> = {
  sign: 'NOT_AUTHENTICATED',
  gone: 'NOT_FOUND',
  deny: 'FORBIDDEN',
}

//                              private                              public
//                              nobody eve  bob  ann  admin system   nobody eve  bob  ann  admin system
const table = `
  poll.create                   sign   ok   ok   ok   ok    ok       sign   ok   ok   ok   ok    ok
  poll.createBulk               sign   ok   ok   ok   ok    ok       sign   ok   ok   ok   ok    ok
  poll.read                     -      -    ok   ok   -     ok       ok     ok   ok   ok   ok    ok
  poll.list                     -      -    ok   ok   -     ok       -      -    ok   ok   -     ok
  poll.search                   -      -    ok   ok   -     ok       -      -    ok   ok   -     ok
  poll.auth.read                -      -    -    ok   -     ok       -      -    -    ok   -     ok
  poll.auth.list                -      -    -    ok   -     ok       -      -    -    ok   -     ok
  poll.auth.search              -      -    -    ok   -     ok       -      -    -    ok   -     ok
  poll.pub.read                 -      -    -    -    -     -        ok     ok   ok   ok   ok    ok
  poll.pub.list                 -      -    -    -    -     -        ok     ok   ok   ok   ok    ok
  poll.pub.search               -      -    -    -    -     -        ok     ok   ok   ok   ok    ok
  poll.update                   sign   gone deny ok   gone  ok       sign   deny deny ok   deny  ok
  poll.updateBulk               sign   gone deny ok   gone  ok       sign   deny deny ok   deny  ok
  poll.rm                       sign   -    deny ok   ok    ok       sign   deny deny ok   ok    ok
  poll.rmBulk                   sign   -    -    ok   ok    ok       sign   -    -    ok   ok    ok
  poll.restore                  sign   gone gone ok   ok    ok       sign   gone gone ok   ok    ok

  vote.append                   sign   gone ok   ok   gone  ok       sign   ok   ok   ok   ok    ok
  vote.appendBulk               sign   gone ok   ok   gone  ok       sign   ok   ok   ok   ok    ok
  vote.update                   sign   gone ok   deny gone  ok       sign   deny ok   deny deny  ok
  vote.rm                       sign   -    ok   ok   ok    ok       sign   deny ok   ok   ok    ok
  vote.rmBulk                   sign   -    ok   ok   ok    ok       sign   -    ok   ok   ok    ok
  vote.purgeByParent            sign   gone deny ok   ok    ok       sign   deny deny ok   ok    ok
  vote.restoreByParent          sign   gone deny ok   ok    ok       sign   deny deny ok   ok    ok
  vote.read                     -      -    ok   ok   -     ok       ok     ok   ok   ok   ok    ok
  vote.list                     -      -    ok   ok   -     ok       ok     ok   ok   ok   ok    ok
  vote.listAfter                -      -    ok   ok   -     ok       ok     ok   ok   ok   ok    ok
  vote.counts                   -      -    ok   ok   -     ok       ok     ok   ok   ok   ok    ok
  vote.auth.read                -      -    -    ok   -     ok       -      -    -    ok   -     ok
  vote.auth.list                -      -    -    ok   -     ok       -      -    -    ok   -     ok
  vote.auth.listAfter           -      -    -    ok   -     ok       -      -    -    ok   -     ok
  vote.auth.counts              -      -    -    ok   -     ok       -      -    -    ok   -     ok
  vote.pub.read                 -      -    -    -    -     -        ok     ok   ok   ok   ok    ok
  vote.pub.list                 -      -    -    -    -     -        ok     ok   ok   ok   ok    ok
  vote.pub.listAfter            -      -    -    -    -     -        ok     ok   ok   ok   ok    ok
  vote.pub.counts               -      -    -    -    -     -        ok     ok   ok   ok   ok    ok
  vote.authIndexed              -      -    -    ok   -     ok       -      -    -    ok   -     ok
  vote.pubIndexed               -      -    -    -    -     -        ok     ok   ok   ok   ok    ok

  event.search                  -      -    ok   ok   -     ok       ok     ok   ok   ok   ok    ok
  event.auth.search             -      -    -    ok   -     ok       -      -    -    ok   -     ok
  event.pub.search              -      -    -    -    -     -        ok     ok   ok   ok   ok    ok

  comment.create                sign   gone ok   ok   gone  ok       sign   ok   ok   ok   ok    ok
  comment.createBulk            sign   gone ok   ok   gone  ok       sign   ok   ok   ok   ok    ok
  comment.update                sign   gone ok   ok   gone  ok       sign   deny ok   ok   deny  ok
  comment.updateBulk            sign   gone ok   ok   gone  ok       sign   deny ok   ok   deny  ok
  comment.rm                    sign   -    ok   ok   ok    ok       sign   deny ok   ok   ok    ok
  comment.rmBulk                sign   -    ok   ok   ok    ok       sign   -    ok   ok   ok    ok
  comment.restore               sign   gone ok   ok   ok    ok       sign   gone ok   ok   ok    ok
  comment.read                  -      -    ok   ok   -     ok       ok     ok   ok   ok   ok    ok
  comment.list                  -      -    ok   ok   -     ok       ok     ok   ok   ok   ok    ok
  comment.search                -      -    ok   ok   -     ok       ok     ok   ok   ok   ok    ok
  comment.auth.read             -      -    -    ok   -     ok       -      -    -    ok   -     ok
  comment.auth.list             -      -    -    ok   -     ok       -      -    -    ok   -     ok
  comment.auth.search           -      -    -    ok   -     ok       -      -    -    ok   -     ok
  comment.pub.read              -      -    -    -    -     -        ok     ok   ok   ok   ok    ok
  comment.pub.list              -      -    -    -    -     -        ok     ok   ok   ok   ok    ok
  comment.pub.search            -      -    -    -    -     -        ok     ok   ok   ok   ok    ok

  task.create                   sign   gone ok   ok   gone  ok       sign   deny ok   ok   deny  ok
  task.createBulk               sign   gone ok   ok   gone  ok       sign   deny ok   ok   deny  ok
  task.update                   sign   gone ok   ok   gone  ok       sign   deny ok   ok   deny  ok
  task.read                     -      -    ok   ok   -     ok       ok     ok   ok   ok   ok    ok
  task.list                     -      -    ok   ok   -     ok       ok     ok   ok   ok   ok    ok
`

/** What is neither private nor public: values, people's own rows, quotas. */
const alone = `
  memo.read                     -      -    -    ok   -     ok
  memo.update                   sign   gone gone ok   gone  ok
  memo.rm                       sign   -    -    ok   ok    ok
  entry.append                  sign   gone gone ok   gone  ok
  entry.list                    -      -    -    ok   -     ok
  remark.create                 sign   gone gone ok   gone  ok
  page.pub.list                 ok     ok   ok   ok   ok    ok
  notice.pub.list               ok     ok   ok   ok   ok    ok

  banner.get                    ok     ok   ok   ok   ok    ok
  banner.list                   -      -    -    -    ok    ok
  banner.set                    sign   deny deny deny ok    ok
  banner.rm                     sign   deny deny deny ok    ok
  banner.restore                sign   deny deny deny ok    ok
  flag.get                      ok     ok   ok   ok   ok    ok
  flag.list                     ok     ok   ok   ok   ok    ok
  flag.set                      ok     ok   ok   ok   ok    ok
  flag.rm                       ok     ok   ok   ok   ok    ok
  flag.restore                  ok     ok   ok   ok   ok    ok
  health.get                    ok     ok   ok   ok   ok    ok
  health.list                   -      -    -    -    -     ok
  health.set                    sign   deny deny deny deny  ok
  health.rm                     sign   deny deny deny deny  ok
  health.restore                sign   deny deny deny deny  ok
  trace.get                     ok     ok   ok   ok   ok    ok
  trace.list                    -      -    -    -    -     ok
  trace.set                     deny   deny deny deny deny  ok
  trace.rm                      deny   deny deny deny deny  ok
  trace.restore                 deny   deny deny deny deny  ok

  profile.get                   -      -    -    ok   -     ok
  profile.upsert                sign   deny deny ok   deny  ok

  film.get                      ok     ok   ok   ok   ok    ok
  film.load                     ok     ok   ok   ok   ok    ok
  film.refresh                  ok     ok   ok   ok   ok    ok
  film.list                     -      -    -    -    ok    ok
  film.all                      -      -    -    -    ok    ok
  film.invalidate               sign   deny deny deny ok    ok
  film.purge                    sign   deny deny deny ok    ok
  weather.get                   ok     ok   ok   ok   ok    ok
  weather.list                  -      -    -    -    -     ok
  weather.invalidate            deny   deny deny deny deny  ok
  weather.purge                 deny   deny deny deny deny  ok
  price.list                    ok     ok   ok   ok   ok    ok
  price.invalidate              ok     ok   ok   ok   ok    ok
  price.purge                   ok     ok   ok   ok   ok    ok

  ballots.check                 -      -    -    ok   -     ok
  ballots.record                sign   deny deny ok   deny  ok
  ballots.consume               sign   deny deny ok   deny  ok
  mail.check                    -      -    -    ok   ok    ok
  mail.record                   sign   deny deny ok   ok    ok
  mail.consume                  sign   deny deny ok   ok    ok
`

export interface Rule {
  readonly path: string
  readonly isPublic: boolean
  /** What the operation comes to, by caller in the order of {@link callers}. */
  readonly outcomes: readonly string[]
}

export const rules: readonly Rule[] = [...lines(table), ...lines(alone)].flatMap(
  ([path, ...cells]) => {
    const outcomes = cells.map((cell) => codes[cell] ?? cell)
    const half = callers.length
    const rows = [{ path: path as string, isPublic: false, outcomes: outcomes.slice(0, half) }]
    if (outcomes.length > half) {
      rows.push({ path: path as string, isPublic: true, outcomes: outcomes.slice(half) })
    }
    return rows
  },
)

function lines(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([first]) => first !== '')
}
