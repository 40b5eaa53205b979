/**
 * What `noboil` stands for in samples that wire tables: Node's, with the database that a sample leaves open, and its api alone.
 */
import { noboil as serve, type NoboilConfig, type TablesApi, type Wired } from 'noboil/node'

type Config<wired extends Readonly<Record<string, Wired>>> = Omit<
  NoboilConfig<wired, Record<never, never>>,
  'database'
>

/** The configs of the samples, for tests that run them. */
export const configs: Config<Readonly<Record<string, Wired>>>[] = []

export function noboil<const wired extends Readonly<Record<string, Wired>>>(
  config: Config<wired>,
): TablesApi<wired> {
  configs.push(config as never)
  return serve({ database: 'never-opened.db', ...config }).api
}
