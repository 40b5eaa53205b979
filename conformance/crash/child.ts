/** A process of a test's own, which tells of itself line by line. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Line } from './lines.ts'

export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

export interface ChildOptions {
  /** Sees each line as it comes. */
  readonly onLine?: (line: Line) => void
  /** A program, with its arguments, that the process is started by. */
  readonly under?: readonly string[]
  /** Where compiled sources are kept from one process to the next. */
  readonly cache?: string
}

const running = new Set<Child>()

/** Ends what a failed test has left behind. */
export function endAll(): void {
  for (const child of running) child.destroy()
}

export class Child {
  readonly process: ChildProcess
  readonly lines: Line[] = []
  /** Once it has ended and everything that it told has been read. */
  readonly ended: Promise<End>
  readonly #waiting = new Set<() => void>()
  #end: End | undefined

  constructor(script: URL, job: object, options: ChildOptions = {}) {
    const file = fileURLToPath(script)
    const own = [process.execPath, '--conditions=noboil-source', file]
    const [program = process.execPath, ...args] = [...(options.under ?? []), ...own]
    const env = { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: options.cache ?? '' }
    this.process = spawn(program, args, { env, stdio: ['pipe', 'ignore', 'pipe', 'pipe'] })
    const [, , stderr, told] = this.process.stdio as [Writable, null, Readable, Readable, null]
    let errors = ''
    stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    let rest = ''
    told.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() as string
      for (const line of lines) this.#take(JSON.parse(line) as Line, options.onLine)
    })
    this.ended = once(this.process, 'close').then((result) => {
      const [code, signal] = result as [number | null, NodeJS.Signals | null]
      running.delete(this)
      this.#end = { code, signal, stderr: errors }
      this.#wake()
      return this.#end
    })
    running.add(this)
    const { stdin } = this.process
    // A process that could not be started has said so already.
    stdin?.on('error', () => {})
    stdin?.end(JSON.stringify(job))
  }

  /** The first line that `matches`; rejects when the process ends without. */
  async line<kind extends Line['is']>(
    is: kind,
    matches: (line: Extract<Line, { is: kind }>) => boolean = () => true,
  ): Promise<Extract<Line, { is: kind }>> {
    type Wanted = Extract<Line, { is: kind }>
    const find = (): Wanted | undefined =>
      this.lines.find((line): line is Wanted => line.is === is && matches(line as Wanted))
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (this.#end !== undefined) {
        throw new Error(`The process ended with no '${is}': ${show(this.#end)}`)
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal)
  }

  /** Also what it runs, where it told which process that is. */
  destroy(): void {
    const open = this.lines.find((line) => line.is === 'open')
    if (open?.pid !== undefined && running.has(this)) process.kill(open.pid, 'SIGKILL')
    this.process.kill('SIGKILL')
  }

  #take(line: Line, onLine: ((line: Line) => void) | undefined): void {
    this.lines.push(line)
    onLine?.(line)
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

/** How a process ended, in words. */
export const show = ({ code, signal, stderr }: End): string =>
  `${signal ?? `exit code ${code}`}\n${stderr.trim()}`
