/** `api.vote.auth.*`: Convex finds functions among a file's own exports, so a group of them is a file. */
import { api } from '../../lazy.ts'

export const { counts, list, listAfter, read } = api.vote.auth
