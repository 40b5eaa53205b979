import { api } from '../lazy.ts'

export const { get, upsert } = api.profile
