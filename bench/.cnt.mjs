import mysql from 'mysql2/promise';
const c = await mysql.createConnection('mysql://root@127.0.0.1:3306');
const [r] = await c.query("SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_stmt_execute','Com_stmt_prepare','Com_stmt_close','Com_select','Questions','Com_set_option','Connections')");
console.log(r.map(x=>x.Variable_name+'='+x.Value).join(' ')); await c.end();
