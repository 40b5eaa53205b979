/* oxlint-disable no-console -- a deployment's log is its console */
/**
 * What whoever runs the app should know: on Convex, lines in the deployment's log.
 */
import type { Report } from '../../program/flow.ts'

export const report = ({ table, key, message }: Report): void =>
  console.warn(`${table} '${key}': ${message}`)

/** A defect: its caller is told nothing of it. */
export const reportDefect = (path: string, error: unknown): void =>
  console.error(`${path} failed:`, error)
