/**
 * Functions by name: those of one table stand beside each other.
 */
import { type FunctionReference, getFunctionName, makeFunctionReference } from 'convex/server'

/** The module of a function, which is its table's: `vote:list` is of `vote`. */
export const moduleOf = (reference: FunctionReference<'query' | 'mutation' | 'action'>): string =>
  getFunctionName(reference).split(':')[0] as string

/** A path as tables have it, under Convex's name: `vote.auth.list` is `vote/auth:list`. */
export function referenceTo<kind extends 'query' | 'mutation' = 'query'>(
  path: string,
): FunctionReference<kind> {
  const parts = path.split('.')
  const name = parts.pop() as string
  return makeFunctionReference<kind>(`${parts.join('/')}:${name}`) as FunctionReference<kind>
}

/** Who reads, as a part of a path: `vote.pub.list`. */
export const pathFor = (table: string, audience: string | undefined, query: string): string =>
  audience === undefined || audience === 'readers'
    ? `${table}.${query}`
    : `${table}.${audience}.${query}`
