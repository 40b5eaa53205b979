import { api } from '../lazy.ts'

export const { get, list, restore, rm, set } = api.siteConfig
