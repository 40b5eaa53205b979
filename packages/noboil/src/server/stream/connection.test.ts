import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { LiveClient } from '../../live/ports.ts'
import { Batch } from './batch.ts'
import { Connection } from './connection.ts'

/** A socket whose reader takes bytes when the test says so. */
class SlowSocket extends EventEmitter {
  writableLength = 0
  bytesWritten = 0
  writableNeedDrain = false
  destroyed = false
  readonly written: string[] = []
  /** Whether the kernel takes everything at once. */
  isFast = false

  write(bytes: Buffer): boolean {
    this.written.push(bytes.toString())
    this.bytesWritten += bytes.length
    if (this.isFast) return true
    this.writableLength += bytes.length
    this.writableNeedDrain = true
    return false
  }

  end(text: string): void {
    this.written.push(text)
  }

  destroy(): void {
    this.destroyed = true
  }

  take(): void {
    this.writableLength = 0
    this.writableNeedDrain = false
    this.emit('drain')
  }

  get text(): string {
    return this.written.join('')
  }
}

const chunk = (name: string, length: number): string => `data: ${name.padEnd(length - 8, '.')}\n\n`

const rigOf = (
  isFast = false,
): {
  socket: SlowSocket
  connection: Connection
  flush: () => void
  closed: () => boolean
} => {
  const socket = new SlowSocket()
  socket.isFast = isFast
  const awake = new Set<Connection>()
  const closed: Connection[] = []
  const connection = new Connection(
    'c',
    { key: 'k', session: null, call: { user: null, internal: false, caller: 'x' } },
    socket as unknown as Socket,
    false,
    {
      limits: { highWaterBytes: 1_000, stallTimeoutMs: 1_000 },
      batch: Batch.begin(),
      now: () => 0,
      wake: (each) => awake.add(each),
      closed: (each) => closed.push(each),
      position: (revision) => `e.${revision}`,
    },
  )
  connection.live = {
    revision: 7,
    isComplete: true,
    resend: (group: string) => connection.send(chunk(`again ${group}`, 400), group),
    close: () => {},
  } as unknown as LiveClient
  const flush = (): void => {
    for (const each of awake) {
      awake.delete(each)
      each.flush()
    }
  }
  return { socket, connection, flush, closed: () => closed.length > 0 }
}

test('a burst within one tick waits no longer than the limit either', () => {
  const { connection, flush, socket } = rigOf()
  for (let n = 0; n < 50; n++) connection.send(chunk(`group ${n}`, 400), `g${n}`)
  expect(connection.bufferedBytes).toBeLessThanOrEqual(1_000)
  flush()
  expect(socket.writableLength).toBeLessThanOrEqual(1_000)
})

test('one piece larger than the limit goes out alone', () => {
  const { connection, flush, socket } = rigOf()
  connection.send(chunk('large', 5_000), 'g')
  flush()
  expect(socket.text).toContain('large')
})

test('what was left out is told as it stands, some at a time, and each group once', () => {
  const { connection, flush, socket } = rigOf()
  for (let n = 0; n < 6; n++) connection.send(chunk(`group ${n}`, 400), `g${n}`)
  connection.send(chunk('newer 5', 400), 'g5')
  flush()
  for (let turn = 0; turn < 5; turn++) {
    socket.take()
    flush()
    expect(socket.writableLength).toBeLessThanOrEqual(1_000)
  }
  expect(socket.text).not.toContain('newer 5')
  for (let n = 2; n < 6; n++) expect(socket.text.split(`again g${n}`)).toHaveLength(2)
})

test('a burst that the kernel takes at once needs no draining to be made up for', () => {
  const { connection, flush, socket } = rigOf(true)
  for (let n = 0; n < 6; n++) connection.send(chunk(`group ${n}`, 400), `g${n}`)
  for (let turn = 0; turn < 5; turn++) flush()
  expect(socket.text).toContain('again g5')
})

test('a call is settled only after what was left out has been told', () => {
  const { connection, flush, socket } = rigOf()
  for (let n = 0; n < 6; n++) connection.send(chunk(`group ${n}`, 400), `g${n}`)
  connection.sendAfter(chunk('settled', 50))
  flush()
  for (let turn = 0; turn < 6; turn++) {
    socket.take()
    flush()
  }
  expect(socket.text.indexOf('settled')).toBeGreaterThan(socket.text.indexOf('again g5'))
})

test('no position is told while something is left out', () => {
  const { connection, flush, socket } = rigOf()
  connection.send(chunk('first', 100), 'g0')
  flush()
  expect(socket.text).toContain('id: e.7\ndata: first')
  for (let n = 0; n < 6; n++) connection.send(chunk(`group ${n}`, 400), `g${n}`)
  flush()
  expect(socket.written.at(-1)).not.toContain('id:')
})

test('the last event of several carries the id, and they go out in one piece', () => {
  const { connection, flush, socket } = rigOf()
  connection.send(chunk('one', 50), 'g0')
  connection.send(chunk('two', 50), 'g1')
  flush()
  expect(socket.written).toHaveLength(1)
  expect(socket.text.indexOf('id:')).toBe(socket.text.indexOf('two') - 'id: e.7\ndata: '.length)
})

test('whoever leaves too much unread is let go', () => {
  const { connection, flush, socket, closed } = rigOf()
  connection.send(chunk('large', 5_000), 'g')
  flush()
  for (let n = 0; n < 2_001; n++) connection.send(chunk('joined', 20), undefined)
  expect([socket.destroyed, closed()]).toEqual([true, true])
})
