import { driverOf } from './glovebox.ts'

export default driverOf('workerd', 'workerd', async () => (await import('@glovebox/workerd')).workerd())
