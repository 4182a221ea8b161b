import 'core-js/modules/web.atob.js'
import 'core-js/modules/web.btoa.js'
