import { api } from '../lazy.ts'

export const { check, consume, record } = api.ballots
