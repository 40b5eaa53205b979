/**
 * What the demo is told when it starts: by the environment, and by `--mirror` for a second deployment on the same machine.
 */
import { join, resolve } from 'node:path'
import { DefinitionError } from 'noboil/node'

export interface Config {
  readonly port: number
  readonly hostname: string
  readonly dataDir: string
  /** The address people open; cookies belong to it. */
  readonly baseUrl: string
  /** What tells this deployment from another, for people; null for the first. */
  readonly deployment: string | null
  /** TMDB's access token; without it films come from the bundled catalogue. */
  readonly tmdbKey: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** `home`: the folder that data is kept in unless the environment names another. */
export function configFrom(env: Environment, args: readonly string[], home: string): Config {
  const unknown = args.find((arg) => arg !== '--mirror')
  if (unknown !== undefined) {
    throw new DefinitionError(`There is no option '${unknown}'; there is --mirror.`)
  }
  const isMirror = args.includes('--mirror')
  const port = portOf(env['PORT'], isMirror ? 3_001 : 3_000)
  const hostname = env['HOST'] ?? '127.0.0.1'
  // Cookies know no ports: under another name both deployments keep their own sign-in in one browser.
  const name = isMirror && hostname === '127.0.0.1' ? 'localhost' : hostname
  return {
    port,
    hostname,
    dataDir: resolve(env['NOBOIL_DATA'] ?? join(home, isMirror ? 'data/mirror' : 'data')),
    baseUrl: env['BASE_URL'] ?? `http://${name}:${port}`,
    deployment: isMirror ? 'Mirror' : null,
    tmdbKey: env['TMDB_KEY'] || undefined,
  }
}

function portOf(text: string | undefined, byDefault: number): number {
  const port = Number(text ?? byDefault)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new DefinitionError(`PORT is '${text}'; it must be a number from 0 to 65535.`)
}
