/**
 * That a killed process loses nothing does not show that a machine without power would not: what a process has written, the
 * system keeps. So here a server is traced, and no byte may leave it that tells of a write before the disk has it.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Child, endAll, show } from './child.ts'
import type { ServerJob } from './server.ts'
import { type Call, commitsIn, parseTrace, strace, straceArguments, untimely } from './trace.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'noboil-durable-')))
afterEach(endAll)
afterAll(() => rmSync(folder, { recursive: true }))

const callers = 12
const rounds = 10
const appendMark = /mark-\d+-\d+-/g
const boardMark = /board-\d+-\d+-/g

beforeAll(() => {
  const output = join(folder, 'probe')
  const { error, status, stderr } = spawnSync(strace, [...straceArguments(output), 'true'], {
    encoding: 'utf8',
  })
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'ENOENT') {
    throw new Error(
      'strace is not on this machine, and durability cannot be shown without it: apt-get install strace',
    )
  }
  if (error === undefined && status === 0) return
  throw new Error(
    `strace may not trace on this machine, and durability cannot be shown without it (in a container, allow it with --cap-add=SYS_PTRACE): ${error?.message ?? stderr.trim()}`,
  )
})

interface Traced {
  readonly calls: readonly Call[]
  readonly file: string
  /** By their `seq`, which is all that the answer to an append says. */
  readonly markOf: ReadonlyMap<number, string>
  readonly boards: readonly string[]
}

/** Serves callers at once, and one reader who is told of every append; then closes. */
async function traced(how: ServerJob['how']): Promise<Traced> {
  const file = join(folder, `${how}.db`)
  const output = join(folder, `${how}.trace`)
  const cache = join(folder, 'cache')
  const job: ServerJob = { file, how }
  const under = [strace, ...straceArguments(output)]
  const child = new Child(new URL('./server.ts', import.meta.url), job, { cache, under })
  const { port = 0, pid = 0 } = await child.line('open')
  const url = `http://127.0.0.1:${port}`
  const markOf = new Map<number, string>()
  const boards: string[] = []
  const parent = (await create(url, 'board-99-0-', boards))._id
  const reader = await follow(url, parent, callers * rounds)
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let round = 0; round < rounds; round++) {
        const mark = `mark-${caller}-${round}-`
        const args = { parent, payload: { mark, choice: 1 }, idempotencyKey: mark }
        const { seq } = await call<{ seq: number }>(url, 'entry.append', args)
        markOf.set(seq, mark)
        if (round % 3 === 0) await create(url, `board-${caller}-${round}-`, boards)
      }
    }),
  )
  await reader.done
  process.kill(pid, 'SIGTERM')
  const end = await child.ended
  if (end.code !== 0) throw new Error(show(end))
  return { calls: parseTrace(readFileSync(output, 'latin1')), file, markOf, boards }
}

const create = async (url: string, slug: string, made: string[]): Promise<{ _id: string }> => {
  made.push(slug)
  return call(url, 'board.create', { payload: { title: 'Board', slug } })
}

async function call<value>(url: string, path: string, args: object): Promise<value> {
  const response = await fetch(`${url}/api/call/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-user': 'ann' },
    body: JSON.stringify({ args }),
  })
  const body = (await response.json()) as { value: value }
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(body)}`)
  return body.value
}

/** Answers once the stream stands; `done` resolves when it has told of `count` marks. */
async function follow(
  url: string,
  parent: string,
  count: number,
): Promise<{ readonly done: Promise<void> }> {
  const query = new URLSearchParams({
    q: JSON.stringify({ path: 'entry.listAfter', args: { parent, seq: 0 } }),
  })
  const response = await fetch(`${url}/api/live?${query}`, { headers: { 'x-user': 'ann' } })
  if (!response.ok || response.body === null) throw new Error(await response.text())
  const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const until = async (isEnough: () => boolean): Promise<void> => {
    while (!isEnough()) {
      const { done, value } = await chunks.read()
      if (done) throw new Error(`The stream ended after: ${text.slice(-200)}`)
      text += value
    }
  }
  await until(() => text.includes('snapshot'))
  return { done: until(() => new Set(text.match(appendMark)).size >= count) }
}

/** What a piece of the server's output tells of. */
function marksIn(markOf: ReadonlyMap<number, string>): (bytes: string) => readonly string[] {
  return (bytes) => {
    const marks = [...(bytes.match(appendMark) ?? []), ...(bytes.match(boardMark) ?? [])]
    for (const [, seq] of bytes.matchAll(/\{"seq":(\d+),"created":true\}/g)) {
      marks.push(markOf.get(Number(seq)) ?? `seq ${seq}`)
    }
    return marks
  }
}

/** How many appends were answered, how many boards, and how many appends the reader was told of. */
const tellings = ({ calls, markOf }: Traced): readonly number[] => {
  const sent = calls.filter((call) => call.is === 'write' && call.to.startsWith('socket:'))
  const bytes = sent.map((call) => (call.is === 'write' ? call.bytes : '')).join('')
  const answers = [...bytes.matchAll(/\{"seq":(\d+),"created":true\}/g)]
  return [
    new Set(answers.map(([, seq]) => markOf.get(Number(seq)))).size,
    new Set(bytes.match(boardMark)).size,
    new Set(bytes.match(appendMark)).size,
  ]
}

for (const how of ['app', 'commit'] as const) {
  const name = how === 'app' ? 'the app' : `a host of durability '${how}'`
  test(`${name} tells nobody of a write before its commit is on the disk`, async () => {
    const trace = await traced(how)
    expect(tellings(trace)).toEqual([callers * rounds, trace.boards.length, callers * rounds])
    expect(commitsIn(trace.calls, trace.file)).toBeGreaterThan(rounds)
    expect(untimely(trace.calls, trace.file, marksIn(trace.markOf))).toEqual([])
  }, 60_000)
}

test("the same look at a host of durability 'none' sees that it tells of writes too early", async () => {
  const trace = await traced('none')
  expect(tellings(trace)).toEqual([callers * rounds, trace.boards.length, callers * rounds])
  const problems = untimely(trace.calls, trace.file, marksIn(trace.markOf))
  expect(problems.length).toBeGreaterThanOrEqual(callers * rounds * 2 + trace.boards.length)
}, 60_000)
