/* oxlint-disable no-console -- a deployment's log is its console */
/**
 * What whoever runs the app should know: on Convex, lines in the deployment's log.
 */
import type { Report } from '../../program/flow.ts'

export const report = ({ table, key, message }: Report): void =>
  console.warn(`${table} '${key}': ${message}`)

/** A defect: its caller is told nothing of it. */
export function reportDefect(path: string, error: unknown): void {
  const hint = lacksDefinition.test(String(error)) ? [missingDefinition] : []
  console.error(`${path} failed:`, error, ...hint)
}

/** As Convex words it: functions can be deployed beside a schema that does not fit them. */
const lacksDefinition = /\b(index|table)\b.*\bnot (found|declared|defined)\b/is
const missingDefinition =
  'The schema of this deployment lacks what the function needs: convex/schema.ts must hold ...defineTables(tables, { base: […] }) with the same tables, and every table of cacheCrud() in base.'
