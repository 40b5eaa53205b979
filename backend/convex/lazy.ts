/** The tables as functions of this deployment, for the files in `convex/` to export. */
import { getAuthUserId } from '@convex-dev/auth/server'
import { noboil } from 'noboil/convex'
import {
  action,
  internalAction,
  internalMutation,
  internalQuery,
  mutation,
  query,
} from './convex/_generated/server.js'
import schema from './convex/schema.ts'
import { tables } from './tables.ts'

export const { api, background, cacheCrud, db } = noboil({
  query,
  mutation,
  action,
  internalQuery,
  internalMutation,
  internalAction,
  getAuthUserId,
  tables,
  schema,
})
