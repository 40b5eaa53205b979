import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { ROOT } from './workspaces.ts'

/** What a finished command said. */
export interface Outcome {
  readonly ok: boolean
  readonly output: string
}

/** Runs a command in the foreground, its output on this terminal. Answers whether it succeeded. */
export function show(command: string, args: readonly string[], cwd: string = ROOT): boolean {
  const { status, error } = spawnSync(command, args, { cwd, env: environment(), stdio: 'inherit' })
  if (error) throw error
  return status === 0
}

/** Runs a command and keeps what it said, both streams in one text. */
export function capture(command: string, args: readonly string[], cwd: string = ROOT): Outcome {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: environment(),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error) throw error
  return { ok: status === 0, output: `${stdout}${stderr}` }
}

/** The tools of the repository come first, also in a folder outside it. */
function environment(): NodeJS.ProcessEnv {
  const { PATH = '', ...rest } = process.env
  return { ...rest, PATH: [join(ROOT, 'node_modules/.bin'), PATH].join(delimiter) }
}
