/**
 * The network for a synchronous caller: a thread that fetches while the caller waits. This file is both ends, so that the
 * thread finds its code beside its starter, as TypeScript and as what is published of it.
 */
import { lookup } from 'node:dns/promises'
import {
  isMainThread,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  MessageChannel,
  Worker,
  workerData,
} from 'node:worker_threads'
import { isPrivateAddress } from './addresses.ts'

export interface FetchTask {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly timeoutMs: number
  /** `host` or `host:port` that may be reached though their addresses are private. */
  readonly privateHosts: readonly string[]
}

export type FetchAnswer =
  | {
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: Uint8Array
    }
  | { readonly error: string }

const ROLE = 'noboil module network'
const MAX_BODY_BYTES = 32 * 1024 * 1024
const MAX_REDIRECTS = 10
/** What the caller waits beyond the request's own timeout, for the thread to say that it has passed. */
const GRACE_MS = 5000

let thread: Worker | undefined

/** Blocks this thread until the answer is there, or the time is up. */
export function fetchSync(task: FetchTask): FetchAnswer {
  thread ??= new Worker(new URL(import.meta.url), { workerData: ROLE, stdout: true, stderr: true })
  thread.unref()
  const { port1, port2 } = new MessageChannel()
  const done = new Int32Array(new SharedArrayBuffer(4))
  thread.postMessage({ task, done, port: port2 }, [port2])
  Atomics.wait(done, 0, 0, task.timeoutMs + GRACE_MS)
  const received = receiveMessageOnPort(port1)
  port1.close()
  return (received?.message as FetchAnswer | undefined) ?? { error: 'The request timed out.' }
}

interface Posted {
  readonly task: FetchTask
  readonly done: Int32Array
  readonly port: MessagePort
}

async function answer({ task, done, port }: Posted): Promise<void> {
  const message: FetchAnswer = await perform(task).catch((error: unknown) => ({
    error: reasonOf(error),
  }))
  port.postMessage(message)
  Atomics.store(done, 0, 1)
  Atomics.notify(done, 0)
}

async function perform(task: FetchTask): Promise<FetchAnswer> {
  const signal = AbortSignal.timeout(task.timeoutMs)
  let [url, method, body] = [new URL(task.url), task.method, task.body]
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    await checkAddress(url, task.privateHosts)
    const hasBody = method !== 'GET' && method !== 'HEAD' && body.length > 0
    const response = await fetch(url, {
      method,
      headers: task.headers,
      redirect: 'manual',
      signal,
      ...(hasBody ? { body: Uint8Array.from(body) } : {}),
    })
    const location = response.headers.get('location')
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null)
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await bodyOf(response),
      }
    url = new URL(location, url)
    if (response.status <= 303 && method !== 'HEAD') [method, body] = ['GET', new Uint8Array()]
  }
  throw new Error('Too many redirects.')
}

async function checkAddress(url: URL, privateHosts: readonly string[]): Promise<void> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error(`${url.protocol} is not a protocol that modules may use.`)
  if (privateHosts.includes(url.host) || privateHosts.includes(url.hostname)) return
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = await lookup(literal, { all: true })
  if (addresses.some(({ address }) => isPrivateAddress(address)))
    throw new Error('Refusing to connect to a private or special-purpose address.')
}

async function bodyOf(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_BODY_BYTES)
      throw new Error(`The response has more than ${MAX_BODY_BYTES} bytes.`)
    chunks.push(chunk)
  }
  return Uint8Array.from(Buffer.concat(chunks))
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'The request timed out.'
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

if (!isMainThread && workerData === ROLE) {
  parentPort?.on('message', (posted: Posted) => void answer(posted))
}
