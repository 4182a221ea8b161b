import { driverOf } from './glovebox.ts'

export default driverOf('QuickJS', 'quickjs', async () => (await import('@glovebox/quickjs')).quickjs())
