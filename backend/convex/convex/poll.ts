import { api } from '../lazy.ts'

export const { create, list, read, restore, rm, search, update } = api.poll
