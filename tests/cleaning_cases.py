"""Sentences with a secret in them, and sentences that only look so: some written by hand, some made from templates.

All people and values are invented, from the ranges that are kept for examples where there are such. Keys are put
together here, so that no scanner takes this file for a leak.
"""

import random
import string

from stdnum import iban, luhn

KINDS = ("email", "phone", "card", "iban", "address", "key", "password", "code")
# kind | sentence with the secret in braces
BY_HAND = r"""
email | mail me at {ada.byron@example.org} if you still want the notes
email | its {bob_42@mail.example.com} lol dont spam me
email | my work one is {grace.h+lists@dept.example.edu}, the other one bounces
email | so i wrote to {support@shop.example.co.uk} and they never answered
email | {linus1991@example.net}
email | who has access? add ({eve.q@example.io}) please
email | Email:{mallory@example.com}
email | send it to {JOHN.DOE@EXAMPLE.COM} not the gmail
email | contact {trent [at] example [dot] org} for the key
email | {peggy(at)example.org} works too
email | you can reach me on {victor at example dot com}
email | <{carol@example.org}> wrote that, not me
email | mailto:{walter@example.de}
email | try {x.y.z@a.b.example.org}... or ask him in person
email | paypal goes to {ada-pays@example.org}!!
email | {josé.garcía@example.es} es mi correo
email | ok adding {o_o@example.dev} and {u.u@example.dev} to the repo
phone | call me on {555-012-3456} after six
phone | my number is {5550123456}, text first
phone | {+44 7700 900123} thats my uk one
phone | whatsapp {+49 171 5550123}
phone | ring the office, {(555) 010-4477}, ask for bob
phone | tel: {020 7946 0958}
phone | new phone who dis? its {07700 900461}
phone | {+1-555-010-9988} leave a voicemail
phone | her cell is {555.013.2211}
phone | Ruf an: {0171/5550199}
phone | appelle moi au {06 12 34 56 78}
phone | text {555 013 9090} with your name and they let you in
phone | mobile: {+61 491 570 156}
phone | my whatsapp number is {+91 98765 43210}
phone | {0049 30 5550123} from abroad
phone | mi numero es {+34 612 345 678}
phone | dial {1-555-018-7700} then 3
phone | reach me at {555-0142} for a good time
phone | phone {5550199}, ask for the manager
phone | you can fax it, fax: {555-017-0001}
card | its {4111 1111 1111 1111} exp 12/29 go wild
card | my card number is {5555555555554444}
card | use the mastercard {5555.5555.5555.4444} for tickets
card | use {4012-8888-8888-1881}, dad said ok
card | amex {378282246310005}
card | {6011111111111117} declined again
card | put it on {3530 1113 3330 0000} pls
card | charge {2223003122003222} and send me the receipt
card | visa: {4242424242424242}, name as on the account
card | {371449635398431} works in the sandbox and for me apparently
card | diners {30569309025904} who even has that
card | the old one ending 4444 is {5105-1051-0510-5100}
card | stolen card {4000056655665556}, i blocked it
iban | {DE89 3704 0044 0532 0130 00} is mine, thx
iban | send the 20 to {GB82WEST12345698765432}
iban | my iban: {FR14 2004 1010 0505 0001 3M02 606}
iban | IBAN {NL91ABNA0417164300} name ada b
iban | überweis an {AT61 1904 3002 3457 3201} danke
iban | rent goes to {CH93 0076 2011 6238 5295 7} every month
iban | {ES91 2100 0418 4502 0005 1332} por favor
iban | it's {be68 5390 0754 7034} for the pizza
iban | acct {IT60X0542811101000000123456}, put "gift" as subject
iban | {SE45 5000 0000 0583 9825 7466} or swish me
iban | ({PL61109010140000071219812874})
iban | dont lose it: {PT50 0002 0123 1234 5678 9015 4}
address | my ip is {203.0.113.77} try to connect
address | ssh ada@{198.51.100.23} and look at the logs
address | server is up at {192.0.2.146}:25565
address | {2001:db8:85a3::8a2e:370:7334} is what it says
address | someone from {198.51.100.200} keeps hammering the login
address | ping {203.0.113.5} for me
address | v6 only: {2001:db8:0:1:1:1:1:1}
address | banned {192.0.2.211} again, same guy
address | host {10.20.30.40} is down
address | the router sits on {192.168.178.1}
address | link local is {fe80::1ff:fe23:4567:890a}
address | whois {198.51.100.99} lol its his school
address | connect 203.0.113.19 nope sorry {203.0.113.91}
key | oops pushed {AKIA+IOSFODNN7EXAMPLQ} to github
key | token is {ghp_+16C7e42F292c6912E7710c838347Ae178B4a}
key | {xoxb-+123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx} for the slack thing
key | use {AIza+SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY} in the maps demo
key | bot.run("{MTk4+NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs}")
key | Bearer {eyJ+hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U}
key | stripe is {sk_+live_4eC39HqLyjWDarjtT1zdp7dc}
key | my openai one: {sk-+proj-abcD3fGh1jKlmN0pQr5tUvWxYz1234567890}
key | {glpat-+x7Yz9Kq3Lm5Np8Rt2Vw4} expires tomorrow anyway
key | heroku gave me {9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c} as the key
key | aws_secret {wJalrXUtnFEMIK7MDENG+bPxRfiCY3XAMPLE1KEYq}
key | {npm_+aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5}
key | telegram: {110201543+:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1}
key | {-----BEGIN RSA+ PRIVATE KEY-----\nMIIEow7IBAAKCAQEA\n-----END RSA PRIVATE KEY-----} keep it safe
key | here: {github_pat_+11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789}
key | {SG.+ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc1s5cr1A} for the mails
password | password: {hunter2}
password | the wifi password is {Sommer2024!}
password | pw is {tr0ub4dor&3} dont tell anyone
password | log in with bob, pass: {letmein99}
password | my password was {correcthorse1} for years
password | admin password = {Qwerty#123}
password | passwd: {swordfish}
password | pwd {x9kQ2z77} same user
password | the password for the server is {m1necr4ft}
password | Passwort: {geheim123}
password | netflix password is "{popcorntime}" go nuts
password | db_password={s3cr3tpg}
password | api_key={7f3kd92ls0ax}
password | secret: {zAq12wSx}
password | la contraseña es {gatito77}
password | password's {Bananas4ever}
password | use token {9xk2-pp41-zz03} to join
password | root password changed to {T0psecret.}
password | user: ada password: {engine1843}
password | its password:{abc12345}
password | the pw is still {bluecheese8}
code | my code is {4291}
code | pin: {0852}
code | the PIN is {7741}, dont forget
code | use code: {839201} to log in
code | {482913} is your verification code
code | door code is {1379#}
code | my bank pin is {6602} haha
code | otp {553190} expires in a minute
code | cvv {123}
code | cvc: {907}
code | the code for the gate is {2580}
code | 2fa code is {771 204}
code | pin {9981} for the locker
code | your passcode is {445566}
code | locker combination is {36-12-28}
code | {0077} is the pin
code | TAN: {194822}
email | reply to {t.bennet@longbourn.example.com} by friday or its off
email | "{Mr.Darcy@pemberley.example}" hmm that bounced, so {darcy2@pemberley.example.org}
email | add me on skype, {lizzy-b@example.com}
email | cc {jane_1796@example.info},{kitty@example.info}
email | from: {wickham@regiment.example.uk} to: all
email | ur registered as {lydia%2Btest@example.com} apparently
email | whats ur mail? mine {collins AT example DOT com}
email | she goes by {charlotte.lucas.2nd@example.museum}
phone | hmu {555-013-8842}
phone | if the train is late call {+1 (555) 014-2200} and ask for georgiana
phone | i lost my phone so use {07700-900555} for now
phone | {+49 30 5550 1234} ist das buero
phone | sms to {+447700900777} costs nothing
phone | my cell number is {(555)0161234}
phone | contact number: {01632 960983}
phone | just whatsapp me {+65 9123 4567}!!
card | mine is {4539 5787 6362 1486}, cvv on the back
card | {5425233430109903} was refused at the till
card | CARD={4917484589897107}
card | "{6011000990139424}" is what the form wants
card | pay: {3714-496353-98431}
card | {2720 9925 3412 9930} hmm mastercard has new numbers
card | i typed {4716-1089-9971-6531} twice
card | ,{5610591081018250},
iban | kannst du auf {DE02120300000000202051} ueberweisen
iban | its {IE29 AIBK 9311 5212 3456 78} not the old one
iban | {LU280019400644750000} for the trip
iban | (IBAN {DK50 0040 0440 1162 43})
iban | transfer to {FI2112345600000785} asap
iban | mine: {no93 8601 1117 947}
iban | {HU42 1177 3016 1111 1018 0000 0000} holy that is long
iban | to {CZ6508000000192000145399} pls
address | the minecraft one is {198.51.100.77}:25565 come
address | got ddosed from {203.0.113.250}, thanks
address | {2001:db8::ff00:42:8329} doesnt answer
address | add 192.0.2.10 or {192.0.2.110} to hosts
address | my public ip: {203.0.113.8}
address | `ssh root@{198.51.100.14}` works
address | [{2001:db8:1:2:3:4:5:6}]:443 then
address | he leaked his ip lol {192.0.2.199}
key | lol {AKIA+J5Q7ZK3M2XW8YB4T} in the screenshot
key | OPENAI_API_KEY={sk-+Zt4wQ9rLm2Xk7Vb1Nc8Yp3Hs6Jd0Fg5A}
key | curl -H "Authorization: token {gho_+Zx8Qw3Er5Ty7Ui9Op1As2Df4Gh6Jk8Lz0Xc}"
key | dont share {NzA5+MjM0NTY3ODkwMTIzNDU2.YQzKpA.x7Hq2mJ9vLw4Rk1sTz8pNc3bGdE} ok
key | webhook secret is {whsec_+9aKd72hLq0Zx3Vn5Bm8Tr1Wy4}
key | api key {f3a9c07b51d84e62b8a1f0d35c7e9264} for the weather thing
key | session={Q2hhcmxvdHRlTHVjYXMxNzk2R2VvcmdpYW5hMTgxMw==}
key | the firebase thing {AIza+SyB7xKq2Lm9Zt4Vw1Nr8Yc3Hs6Jd0Fg5AbE}
password | u can log in as lydia / password {Br1ghton!}
password | new pw: {militia1813}
password | the pass is {M3ryton} same as always
password | server password = {Netherf1eld}
password | PASSWORD: {rosings-park}
password | it wants a token, token is {kd93-f02l}
password | el password es {Longb0urn}
password | admin:admin doesnt work, password is now {d3rbysh!re}
code | my apple pin is {1796}
code | enter code {482-115}: it expires at noon
code | the alarm code is {90210}
code | your login code: {774 310}
code | pin for the sim {5518}
code | security code {331} on the back
code | {60418} is your otp
code | code for the door's {2846}
email | git keeps committing as {devnull+ci@buildfarm-kestrel.io} and i have no idea why
email | {sysop[at]quartzmoth[dot]net} <-- spam goes there, lol
email | From: Otis <{otis@pebblegarden.co.uk}> thats the header i see
email | my work one is {h dot okonkwo at example dot org} dont put it in the wiki pls
email | sorry for late reply.. {zoe(at)example.net} works best
email | for the trial drop a line to {beta AT floofware DOT app}
email | the form rejects {o'malley@example.org} because of the apostrophe, classic
phone | el fijo de casa es {91 244 87 03} pero casi nunca estamos
phone | sms went to {+91 98204 51736} instead of mine
phone | tel. {0043 664 2087713} - bitte nicht vor 9
phone | my aunt in sao paulo is {+55 11 98734-2210}, tell her i said hi
phone | japanese sim came!! phone is {090-3482-7715}
phone | {555-0199} thats the landline, same area as yours
phone | num du plombier {01 99 00 37 64} il est sympa
phone | Ich bin unter {030/23125447} erreichbar bis 17 uhr
phone | mi movil {+34 612 803 447}, o al {634 55 20 91} si no contesto
phone | caller id just showed {+48 512 774 093} does anyone know it
phone | my swiss number still works, {079 614 28 33}
phone | her number in milan {+39 347 8812046} ok?
card | log line: charge failed pan={4929134509722747} amount=12.50
card | jcb {3530 4689 1082 5829} works in the tokyo store only
card | 3DS popup never opens with {4000002500003155}
card | der Kunde hat {3714 342636 63439} am Telefon durchgegeben, hab's notiert
iban | sepa mandate shows {DE48701500000206925913} which isn't even mine
iban | from {SE60 9496 1478 9665 0858 6077} to {NO13 3870 1089 003} took four days lol
iban | my finnish acc: {FI77 9843 1709 0378 19}
iban | does stripe take turkish ones? {TR07 4726 4070 2765 4163 8770 60}
address | * krusty has quit ({91.64.207.118}) ping timeout
address | the printer's mac is {00:1A:2B:3C:4D:5E}
address | fail2ban banned {45.137.21.9} and {45.137.21.112} overnight
address | arp table shows {b8-27-eb-91-c4-0f} twice??
address | dhcp lease for {3C:22:FB:7A:10:E9} expired
address | cisco style {001b.5487.af21} can nmap read that?
address | listening on [{2a02:8109:b600:1c4::7f}]:443 apparently
address | x-forwarded-for was {192.0.2.10}, {203.0.113.64}
address | wake on lan to {f0:de:f1:33:9a:c2} does nothing
key | SECRET_KEY = '{0AaBjC+MEOcDiNTvyjZHIxR6uIOVMsgf0l1gF0sEbD3w=}' in settings.py lol
key | der webhook ist {https://hooks.sl+ack.com/services/TX9GNLP9K74/BGMJ2GXNUOL/JmmtDru5dIvv5dO5n5bzOI6a}
key | jwt_secret: {f43dbe+7b680903202aca5d005175b930029eb198ec7444dbc666edb4e908f75f}
key | mailgun: {key-72+bed190b2fb304adab3c0ddf8dffa64}
key | heres creds {AKIA+WG7YD3PT7CUM4R2Y} / {WbphHN+Y/vIJ9ThnS1pkJ1oG5zMkkAaD9WCy/v1hU} rotate later
key | shopify admin {shpat_+7e829e1f946768faad624eeb5fd57bb7} still 401
password | login root / {toor1988}
password | wifi is FritzBox 7590, password {48213076559012348871}... yeah the sticker one
password | try admin:{Wombat!77}
password | das Passwort lautet {Sonnenblume#42}
password | mysql -u app -p{Zx81spectrum} works for me
password | postgres://svc:{bl4ckb1rd}@db.internal:5432/app
password | ur netflix pw still {fluffy2014}? cant log in
password | zip is encrypted, pass: "{purple otter stapler}"
password | psst login for the nas: jellyfin / {moviesRule4ever}
password | password for the zoom is {mq8dT2}
password | old password {ilovecats3} new password {ILoveDogs4!}
password | he typed his password in chat again. "{Bayern1900!}" omg
password | sshpass -p '{Lemon%Tree6}' ssh deploy from the ci runner
code | G-{730518} is your Google verification code
code | der Code fürs Tor ist {2580}
code | le code de l'immeuble c'est {47B19}
code | el pin del movil es {0937}
code | whatsapp code {391-774} came to my phone, not yours
code | steam guard says {K7RQ2}
code | bike lock is {3716} btw
code | the lockbox code = {9052}, key inside
code | my bank pin, i kid you not, {1234}
code | enter {884120} as confirmation code
code | airbnb door {6043}# — thats the pin, then turn
code | puk is {48210937}
code | code de vérification {925560} reçu par sms
code | backup codes are {4471-0926} and {8813-5507}
code | gate pin changed to {1970} last week
code | Dein Bestätigungscode lautet {306 915}
code | safe combo {17-32-08} if i forget
code | tan {628447} eingegeben, trotzdem fehler
password | creds for staging → demo / {Pa55w0rd!demo}
password | wpa key of the cafe: password {latteart2023}
password | can u log in for me? user is my nick, password's {gnocchi4life}
password | i forgot and then remembered: {M0therboard_} was the password
password | Passwort für den Server: {Ei8ein!halb}
password | le mdp du wifi {poissonrouge12}
password | mi clave es {Gatito.2001} no la cambies
password | ftp user=web pass={uPl0ad3r}
password | redis-cli -a {c4cheM3ifyoucan} ping
password | "password": "{Jk!902mmQ}", found in the git history
password | she uses {summer2021} for everything, even the bank
password | SMTP_PASSWORD={vtrqplmxzkwhabcd}
password | keepass master pw {I<3penguins!}
password | amqp://rabbit:{b0ngo-drum}@mq.local/vhost
password | ok temp password: {Welcome#2024} u must change on first login
password | i literally use {qwertz123} at work, dont @ me
password | unlock the pdf w/ password '{Rechnung0815}'
password | for the lan party server, pwd {fragfest}
password | my apple id password {Kiwi-Bird-551} doesnt work on tv
password | anmelden mit gast, kennwort {Gast4Tage}
password | net user backup {B@ckup!2O22} /add
password | login/pass: klara / {w1nterfell}
password | tried {letmein22} and {letmein23}, wrong password both
password | passphrase for the gpg key is "{seven grey herons at dawn}"
code | hey the lobby keypad wants {7719} this month
code | {902133} is your instagram code
code | my voicemail pin? {5567} i think
code | verification code {64 81 07} just arrived
code | pls read me the code you got. -- {250964}
code | Zugangscode: {8841}
code | pincode van de fiets {2903}
code | mi código es el {715 338}
code | "Your Uber code is {4406}. Never share this code."
code | type in {1029} when the garage asks for pin
code | mon pin de carte c'est {6620}, prends 50€
code | passcode to my ipad = {081592}
code | parcel locker open code {593041}, 48h
code | code for the shed padlock: {0460}
code | authenticator shows {381 206} now, quick
code | meeting id is on the invite, passcode {729915}
code | one time password is {60417}
code | disarm w/ {3358}, you have 30 secs!!
code | ur signal pin was {77412} remember
code | Freischaltcode {LX4-9QT} einmal gültig
code | discord backup code {m3k7-p9wd}
code | the pin they mailed me: {9184}
code | epic games security code ... {138820}
code | paypal: {554781} is your one-time passcode
code | the elevator needs the new code {2246}
code | entrance {C4075} code for night guests
code | sms tan: {749-022}, für die überweisung
code | reset code {30117} didnt work, new code {86240} did
email | Dear all, please forward your slides to {conference-chair@example.edu} by noon
email | {ruben underscore vd at example dot nl} no spaces obv
email | ok its {first.last@sub.mail.example.co.jp} yes really that long
email | meine adresse ist {max punkt mustermann at example punkt org}
email | irc nick same as my mail, {fennec (at) sandbox (dot) example (dot) org}
email | docs say set user.email to {you@example.com} and i did literally that
email | tell him {tobias_s@example.net} isnt getting the newsletter
phone | Hi this is Dana from the shelter, you can reach us at {(503) 555-0119} anytime
phone | mum's new number is {07700 900 235} pls save
phone | sooo he gave me {+1-917-555-0186} and its a pizza place
phone | if you see a dog without owner, call {206 555 0171}!!
phone | {0118 496 0733} extension 4 gets you to reception
phone | number on the flyer is {1-719-555-0103}, tell them i sent you
address | nmap scan report for {198.51.100.44} host is up
address | {2001:db8::1:0:0:2b} unreachable, route missing?
address | tcpdump: IP {203.0.113.18}.443 > me, lots of RST
address | set the static lease to {52:54:00:6b:3c:58} (kvm guest)
address | glue record wrong, should be {192.0.2.53}
code | back gate is {8812} star
code | the wifi box in the airbnb, and the door {3391}#
code | my phone unlocks with {0852} if you need maps
code | {918273} <- code from the bank, dont share
code | the number on the sms was {552901}
code | die pin fürs handy ist {4711}
code | Tür geht mit {2468} auf
code | el código del portal es {1357}
code | la alarma se quita con {9021}
code | code porte : {B2847}
code | il pin della carta è {5150}
code | o código da porta é {4433}
code | авторизация код {482913}
code | ok code's {339184}, go
code | the 6 digits are {120394}
code | ATM pin {9931} is on the card sleeve lol
code | scooter unlock pin: {2277}
code | one more time: {771533}. thats the login code
code | Dein Code: {G4T7}
code | cvv {381} on the back
code | pin for the tv parental lock {0909}
code | garage opens w/ {1379}
code | backup codes: {8823 1190}, {4410 9921}
code | he reads me {552 901} on the phone, thats the whole 2fa
password | the wifi is {sunflower88}
password | wlan heißt Zuhause und das pw is {Apfelkuchen3}
password | try {Winter2023!} it worked last time
password | set it to {Hello-World7} for now
password | just typed {qwer1234} into the wrong window
password | passwort vom nas: {Kellerassel9}
password | contraseña: {tortilla2020}
password | mot de passe {chaton77} pour le netflix
password | la password è {juventus97}
password | пароль {medved2009}
password | ssh pi@box, pass {blueberrypie}
password | pw: {correcthorse}
password | bitlocker passphrase "{four old tractors humming}"
password | mongodb pw={m0ngo-pw}
password | net use z: /user:bob {S0mmer!}
password | router login admin/{changeme1}
password | everyone uses {company2019} on the shared pc
password | toujours le même: {doudou33}
password | steam pw {gordonfree} , dont change it
email | write {tom punkt richter at beispiel punkt de}
email | {marie point dubois arobase exemple point fr} en minuscules
email | {k.smith at mail dot example dot com} works
code | floor 3, keypad says {7701}
code | our new alarm: {5512}
code | phone unlock pattern no, pin {1379}
code | hotel safe {9090}
code | visa security number {732}
code | paypal texted me {662190}
code | wrong one, try {554120} from the text
code | 2 factor: {118834}
code | mfa {992017} go go go
code | Alarmanlage aus mit {3117}
code | Code Garage {1122}
code | el cajero, pin {3308}
code | te llega un sms, dime el código. {882301}?
code | code wifi invité {88213390}
code | codice {55021} per il portone
code | pin do cartão {2290}
code | vault code {Z9K4}
code | parking garage code tonight {0412}
code | mailbox combo {14-2-30}
code | security answer is no, code {4140}
code | whats ur code? mine {663 120}
code | sim locked, puk {66120934}
code | our lockbox {2017}, under the mat
code | 2FA-Code {220 417} läuft gleich ab
code | one-time code {4410}
password | gmail password same as always {kittycat7}
password | pwd={Adm1n2020}
password | its {mypassword12} for the guest network
password | SSID Familie, key {8d7f6s5a4}
password | pw in the pdf = {blume}
password | sftp bob:{hunterX9}@203.0.113.5
password | my mums password for everything is {rosie1954}
password | Zugangsdaten: gast / {gast123}
password | das alte Passwort {hallo123} gilt nicht mehr
password | mon mdp c'est {azerty99}
password | usuario pepe contraseña {limon55}
password | wachtwoord: {kaasje12}
password | hasło: {kotek123}
password | unlock code for the laptop is {Lime-Tree-9}
password | backup encryption passphrase {marble-otter-sling-47}
password | {qwerty123} is not a password bro
password | ADMIN_PASS={tr1ckySpice}
email | scrivi a {luca.rossi chiocciola esempio punto it}
email | hit me up {zed_99 at hotmail}
"""

HARMLESS_BY_HAND = r"""
just upgraded to 3.11.7 and everything broke
python 2.7.18 was the last one
chrome 49.0.2623.112 is the last for xp
we are on version 1.2.3.4 now
v10.4.2.1 is out
node v4.2.1, npm 2.14.7
the build is 10.0.14393.0
release 2.0.50727.1433 of the framework
see section 4.1.2.3 of the spec
8.8.8.8 is google's dns
it runs on 127.0.0.1:8080
bind it to 0.0.0.0 and it works
localhost:3000 says cannot GET /
port 5432 is taken, use 5433
listening on :::8080
set the mask to 255.255.255.0
meet at 12:30:45 or so
it is 10:15 pm here
back at 7, maybe 7:30
2016-05-01T10:00:00.000Z is iso
born 12.03.1994, so old
2015-12-24 was a thursday
01/02/2016 could be either
the 24-12-2015 build, remember
from 1939 to 1945
1995-2005 were good years
open 9-17 on weekdays
it costs $1,299.99 and i have $5
that was 1.000.000,00 euros
€49.90 a month
1234567 hahaha
12345678 lol
111111111111111
0000000000 points for you
9999999999 upvotes
5 000 000 000 people
1 000 000 is a lot
3.141592653589793 is all i remember
2.718281828459045
6.02214076e23 molecules
1.6180339887498948482
2**32 is 4294967296
2^64 = 18446744073709551616
Number.MAX_SAFE_INTEGER is 9007199254740991
fib(50) = 12586269025
factorial of 20 is 2432902008176640000
1499999999999 ms since the epoch
unix time 1462096800
epoch 1462096800000 in js
order #123456789 shipped
order number 4400123456 is lost
ticket 20160501123 still open
issue #12345 is a duplicate of #9876
PR 8412 got merged
invoice 2016-000123
tracking says 1Z999AA10123456784
ISBN 978-3-16-148410-0 is the one
isbn 0-306-40615-2
doi 10.1000/182
rfc 2616, section 14.23
commit 9f86d08 broke it
reverted 3a7bd3e2360a3d29eea436fcfb7e44c735d117c4 is the commit
commit 3a7bd3e2360a3d29eea436fcfb7e44c735d117c4
git checkout e83c5163316f89bfbde7d9ab23ca2e25604af290
the sha is da39a3ee5e6b4b0d3255bfef95601890afd80709
md5 of nothing is d41d8cd98f00b204e9800998ecf8427e
sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
merge 1a2b3c4 into master
HEAD is now at 5f3c2b1 fix typo
color: #ff00cc; background: #0a0a0a
#c0ffee is my favourite colour
rgb(255, 128, 0)
rgba(12, 34, 56, 0.5)
hsl(120, 100%, 50%)
0x1F is 31
0xDEADBEEF, classic
address 0x7fff5fbff8c0 in the trace
segfault at 0000000000000000
\d{3}-\d{4} matches it
/^[a-z0-9._-]+$/i is the regex
/(\d+)\s(\d+)/g
^\+?[0-9]{7,15}$ validates phones
/usr/local/lib/python3.11/site-packages/numpy/core/__init__.py
C:\Users\Public\Documents\report_2016_final_v2.docx
src/components/MyVeryLongComponentName/index.test.js
node_modules/@angular/core/bundles/core.umd.js
./build/outputs/apk/debug/app-debug-2016.apk
../../shared/data/2016_05_01_export.csv
npm install @angular/core
npm i -g @vue/cli
yarn add @types/node
import { x } from '@babel/core'
@Component({ selector: 'app' })
@Injectable() goes above the class
use @property there
@staticmethod is enough
@media (max-width: 768px)
@import url("style.css")
@include clearfix;
@keyframes spin
@param name the name
lodash@4.17.4 is vulnerable
npm install react@15.3.2
react@latest please
icon@2x.png is missing
//div[@class='main']
$('[data-id=@foo]')
<button @click="go">
git@github.com:ada/engine.git
everyone come here @everyone
@here meeting now
@someone knows this surely
see you @ 5
me @ the gym
its 25 @ night
f@ck this
h@xx0r
#100DaysOfCode day 42
#throwback2016 #nofilter
trending: #1984
we won 21-19 21-15
final score 103-98
3-2-1 go
6-4 7-6 6-3 what a match
555-timer circuits are fun
rated 1200-1400 elo
12-34-56
1-2-3-4-5-6-7-8
100 200 300 400
1 2 3 4 5 6 7 8 9 10
10 20 30 40 50 60
0 1 1 2 3 5 8 13 21 34
4 8 15 16 23 42
01101000 01101001
0101010101010101
1010 1100 0011
[1, 2, 3, 4, 5, 6, 7, 8, 9]
[100, 200, 300, 400, 500]
(1,2),(3,4),(5,6)
range(1000000)
for (var i = 0; i < 1000000; i++)
setTimeout(fn, 86400000)
width: 1234.5678px
1920x1080 at 60fps
3840x2160@60hz
lat 52.520008 lon 13.404954
52.5200, 13.4050 is berlin
40.7128° N, 74.0060° W
+1 for that
+1000000 to you
+10000000
-1 for tabs
C++11 and C++14
i have 16 gb, 2400 mhz
rtx 3080 vs 6800 xt
windows 10.0.19041
iphone 6s plus 128gb
model xps-13-9350
boeing 737-800
the 2015-16 season
chapter 12, verse 34-56
psalm 119:105
bus 42 at 18:05
flight LH2034
room 2.04.17
postcode 10115
90210 was a tv show
area 51
agent 007
catch 22
1337 h4x0r
over 9000
8675309 is a song
blink 182
24/7/365
50/50
1/2/3
1-800 numbers are a scam
911 was called
404 not found
error code 500 again
status code 404
exit code 127
exit code: 137
http 503
the status code is 1006
response code: 422
it returns code 1
error code: 10008
area code is 555
country code is 49
zip code: 90210
char code is 65
key code 13 is enter
keycode: 13
my code is broken
my code is 200 lines long
the code is 1000 times faster
code 3 lines, debug 3 hours
10 lines of code
i wrote 4000 lines of code today
codewars 4 kyu
code review at 3
gpio pin 17
arduino pin 13 blinks
pin 5 is ground
pin it to the top
a 24-pin connector
pinned 3 messages
tan(45) is 1
spin 360 degrees
password is required
the password field is empty
forgot my password again
password is wrong
password: required
password: string
password: req.body.password
type="password"
password must be 8 characters
password length is 12
my password is too weak
is your password secure
what is the password
the password is hashed with bcrypt
passport.js is great
pass the salt
pass it as an argument
all 42 tests pass now
pass: 12, fail: 3
tests pass: true
pass by reference
passed 10 of 12
token expired
token is invalid
token: null
the token is missing
csrf token is undefined
unexpected token <
Unexpected token } in JSON at position 123
Unexpected token ILLEGAL
token string
secret santa
the secret is practice
secret: process.env.SECRET
key: value
key is the new black
the key to success
key={item.id}
primary key is id
api key is undefined
where do i get an api key?
press any key
key 1 is easy
public key infrastructure
access token please
pwd prints the directory
cd / && pwd
std::vector<int>
std::map<std::string, int>
Foo::Bar::Baz
a::before { content: "" }
li::after
::1 is localhost
Class::method
x::xs in haskell
12::34
10:20:30:40:50 is nothing
9-Mar-2016::17:07:04
10:20:30:40
score 3:2:1
thisIsAVeryLongCamelCaseIdentifier
this_is_a_very_long_snake_case_identifier_2
SOME_REALLY_LONG_CONSTANT_NAME_V2
org.springframework.beans.factory.config.BeanPostProcessor
AbstractSingletonProxyFactoryBean
supercalifragilisticexpialidocious
pneumonoultramicroscopicsilicovolcanoconiosis
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
hahahahahahahahahahahahahahahahahahahaha
asdfasdfasdfasdfasdfasdfasdfasdf
nooooooooooooooooooooooooooooooooo
--------------------------------
================================
............................................
2016-New-Coders-Survey-Data-Clean-Version
10-Steps-To-Plan-Better-So-You-Can-Write-Less
how-to-build-a-todo-app-with-react-15-and-redux
550e8400-e29b-41d4-a716-446655440000 is a uuid
{"id": 12345, "name": "x"}
{"count":1000000,"next":null}
SELECT * FROM users WHERE id = 1234567
LIMIT 10 OFFSET 20000
chmod 755 file
chmod 0644 it
kill -9 12345
ps aux | grep 8080
sudo apt-get install libssl1.0.0
gcc-4.8.5
ubuntu-14.04.3-desktop-amd64.iso
jquery-2.1.4.min.js
bootstrap/3.3.5/css/bootstrap.min.css
font-size: 1.25rem
margin: 0 auto 10px 20px
transform: translate(-50%, -50%)
z-index: 99999999
max-width: 1170px
line 1234, column 56
at Object.<anonymous> (app.js:12:34)
app.js:1234:56789
index.html?v=20160501
page=2&limit=100
100% sure
99.99999% uptime
1e10
1.5e-7
NaN !== NaN
call me maybe
call me in 10
call me at 5
call 2 functions
text me later
text me at 10:30
phone died at 3%
my phone number has 10 digits
my number is 7
mobile first, 320px
cell 12 of the notebook
dial it down 20%
ring 0 is the kernel
telephone check challenge
phone 6s is fine
message 10000 soon
their number 1 fan
ip address please
what is my ip
the ip is dynamic
ipv6 when
ip over avian carriers
ping 20 ms
server has 64 cores
version 4.4.4.4
host it on heroku
dns is always the problem
visa or mastercard?
my card got declined twice
card 4 of 52
credit card validation with luhn
1234 5678 9012 3456 is a fake number
1111-2222-3333-4444 as placeholder
the snowflake 175928847299117063
user id 80351110224678912
message id 334385199974967042
id=41771983423143937
tweet 1234567890123456789
steam id 76561198000000000
5d41402abc
deadbeef
cafebabe
4e00-9fff is cjk
U+1F600
&#128512;
\u00e9
%20 is a space
a1b2c3
b4 u go
gr8 m8 i r8 8/8
2 be or not 2 be
l33t sp34k
k8s and i18n and a11y
covid19
mp3, mp4, h264
x86_64
base64
utf-8 vs iso-8859-1
sha1 is broken
rot13
md5 is old
es2015
AT&T
at example dot product is not an email
dot dot dot
meet me at the dot
look at stackoverflow dot
point at 3 dot 5
i am at work
at 5 dot sharp
DE is germany
GB12 is not an iban
NL 2016 was fun
IT60 something
AB12 CD34 EF56
XXXX-XXXX-XXXX
license plate B-XY 1234
serial ABC-1234-DEF
who joined the call?
i left the room
she left early
everybody left
i joined the army
nobody has joined yet
...ok
.net is fine
/me waves
-1 for that
$5 says it fails
! important
?? what
?
!!!
!== is strict
$scope is undefined
$('#id').click()
-webkit-box-shadow: none
/s obviously
/usr/bin/env python
.5 is enough
--verbose helps
+1
; and then
;)
-_-
>_<
>.< ouch
<3
x > y
a >= b
=> arrow functions
->
upgrading from 8.11.3 to 10.15.1 took a while
android 4.4.2 api level 19
firefox 52.9.0esr
opengl 3.3.0 core
macos 10.13.6 (17G65)
driver 388.13 vs 390.77
gtx 1060 6gb for 249.99
4 x 4 = 16, 16 x 16 = 256
5! = 120, 10! = 3628800
1/3 = 0.333333333333
the square root of 2 is 1.41421356237
7 * 142857 = 999999
pi day 3.14
lottery: 4 11 23 35 42 bonus 7
temps: -12, -8, 3, 15, 22
my times were 12:34.56 and 12:35.01
speedrun 1:23:45.678
at 09:15:00 utc
mon 2018-03-05 08:00-16:00
2018.03.05_backup.tar.gz
from 01.01.2018 to 31.12.2018
q3 2018 results
since 1999-2000
in 1796 she wrote it
page 123-125
paragraph 12.3.4
isbn 9780141439518
issn 0317-8471
asin B00JGVBOV2
ean 4006381333931
order no 302-4459128-771
case 2018/12345
bug 1423987 is fixed
see #4821 and #4822
gh-12345
r12345 in svn
changeset 4f2a9b1c
tag 7c211433f02071597741e6ff5a8ea34789abbf43 in git
revision 8f14e45fceea167a5a36dedd4bea2543 of it
etag hash c4ca4238a0b923820dcc509a6f75849b
color is #1a2b3c or #abc
fill="#ffffff"
0xCAFEBABE at the start of class files
0b101010
\x41\x42\x43
\u{1F4A9}
%E2%9C%93
/^\d{4}-\d{2}-\d{2}$/
s/foo/bar/g
grep -E '[0-9]{3}' file
~/.config/nvim/init.vim
D:\Games\Steam\steamapps\common\game2
/dev/sda1 mounted
/proc/1234/status
assets/img/logo@3x.png is blurry
scale @2x
@supports (display: grid)
@font-face { src: x }
@Override public void run()
@pytest.mark.parametrize("x", [1])
@app.route("/") decorator
@click.command() is neat
@babel/preset-env
npx @angular/cli new app
vue@2.5.16
redux-form@7
ping @here pls
well @everyone knows
h@ck3d
#blessed #42
#1 fan
c# 7.3
f# too
i got 98/100
lost 3:7 6:4 10:8
16-14 in the fifth
elo 1843 -> 1851
k/d 12/3/7
hp 1234/5678
9999 gold
777777777 coins
1k, 10k, 100k
10^9+7
mod 1000000007
[0, 1, 4, 9, 16, 25, 36]
3 1 4 1 5 9 2 6
1234 1234 1234
abc123
qwertyuiop
zxcvbnm
lololololololololololololololol
aaaaaahhhhhhhhhhhhhhhhhhhhhhhhh!!!
~~~~~~~~~~~~~~~~~~~~~~~~~
getElementsByTagNameAndClassNameV2
MAX_CONNECTIONS_PER_HOST_2
com.example.longbourn.bennet.Application
AbstractBeanFactoryAwareAdvisingPostProcessor
the-ultimate-guide-to-css-grid-2018-edition
node_modules/.bin/webpack-dev-server
a7b8c9 is the room
x1, x2, y1, y2
id=8812 class=3
{"port": 8080, "host": "0.0.0.0"}
insert into t values (1, 2, 3)
error 1045 (28000): access denied
errno 111
exit status 1
returned code 2
response code is 204
the http code was 418
code 1000 is a normal close
promo code is SUMMER
my code is 90% done
code golf 12 bytes
morse code 1 2 3
pin the tail
bowling pins 10
pin 13 high
hdmi 19 pin
a tan in 30 minutes
otp is an erlang thing
combo x12
password please
password: ********
passwords are hard
the password was too short
reset password link
pass me the 10mm
pass 2 of 3
pass: yes
token ring
token count: 4096
my token is not working
tokens per second
secret level
secret of mana
the secret is butter
keys are missing
which key is that
key 4 opens it
call of duty 4
call 112 in europe
text 2 columns
phone 8 or x?
number 5 is alive
our number one
tel aviv 2019
ring ring
fax machines in 2018
ip 67 waterproof
ip rating 68
the address was 0x00400000
server 2016
host of 3 shows
card game 52
visa for 90 days
de facto
at home dot com boom
look @ that
she has left
the train left the station
i joined late
/s
/me bows
!
...hm
$20 says no
?!
-1
+1 agreed
code postal 75011 quartier sympa
a username and password for the database, and it needs a variable
buy the practice exam, with pass guarantee.
give me your username and password details, thanks!
I want to finish the ES2015 code school module
list of language codes, `ISO 639-1 Code`
kod np. sumFibs(4000000)
set up the Cloud9 account so I could play
i have gotten a guestpass before
$txtPassword = str_replace($a, $b);
the door is 2100 mm tall
we paid 1400 for the garage door
gate 12 at 1830
i use python for everything
i use bootstrap4 for everything at work
we used jquery3 at work
change it to h264 or vp9
set it to 1080p60
code 200 means ok
room 1408 is a good movie
the safe choice is 2048
he typed 1234 lines of code
my code has 1500 tests
level 9000 boss in the vault
it costs 4500 to fix the elevator
elevator built in 1987
pass me the salt
pass tests please
they all pass now
pwd shows the folder
the pw reset page is down
username, password fields are empty
login (password reset) doesnt work
combination of 1024 and 2048
i need a code review by 1600
lock 5000 rows in the table
airport code LHR to JFK 1230
tor browser on port 9050
the gate opens at 0800
the unlock screen at 1920x1080
use ES2015 code style
code school module 3
storage unit is 3500 sqft
the lobby had 1200 people in it
parcel tracking 88412 moved
i have 4000 in the safe way of doing it
zip it with 7zip2023
changed my name to bob2
i typed console.log(x1)
entered level99 today
set the pin high on gpio17
nip in the air, 1300 or so
contra is a game from 1987
router: express4 or fastify3
vpn is down since 0900
netflix is 1399 now
der Code hat 4000 Zeilen
das kostet 1200 für die Haustür
la puerta mide 2030
uses utf16 everywhere
the function returns 123456 when the code runs
our code base has 663201 lines
i wrote code from 2003 to 2010
codepen 1234567 pens and counting
the test expects 123456 but got 654321
login page takes 4500 to load
port 3000 is open
unlock the next level at 2500 xp
my alarm is at 0630
alarm 5 times this morning
door dash cost me 4500
the class has 2048 slots
set the width to col-md-6
changed to bootstrap4 yesterday
i always use es2015 everywhere
use font-awesome4 on the site
she has python3 on her laptop
it has i7-8700k
i have win10 on my laptop
change the id to target5
use h1.title for everything
typed hello world2 and it broke
pass the array into func2
password1 and password2 must match
password input field
password validation code
the password form, password page
forgot password link
my pw manager died
pw generator
verify 123 tests
texted her 3 times
the sms api has 1000 requests
sms 160 characters
expires 2025
expires in 86400 seconds
bank holiday 2024
the bank wants 1500
bank account with 2500 in it
the vault door weighs 4000 kg
elevator pitch 2020
the entrance fee 1500
tor has 6000 relays
garage band 2021
the lobby code is not known
"""


def planted_by_hand() -> list[tuple[str, str, str]]:
    """Kind, sentence and secret."""
    cases = []
    for line in BY_HAND.strip().splitlines():
        kind, sentence = line.split(" | ", 1)
        for part in sentence.split("{")[1:]:
            secret = _whole(kind, part.split("}")[0])
            cases.append((kind, _whole(kind, sentence.replace("{", "").replace("}", "")), secret))
    return cases


def _whole(kind: str, text: str) -> str:
    return text.replace("+", "").replace("\\n", "\n") if kind == "key" else text


def harmless_by_hand() -> list[str]:
    return HARMLESS_BY_HAND.strip().splitlines()


# What people write around a secret of each kind.
AROUND = {
    "email": ["you can write to {}", "{} is my address", "add {} to the doc pls", "I asked {}, no reply", "(mail: {})"],
    "phone": ["call {}", "my number: {}", "text me at {} ok", "tel {}", "Phone: {}.", "mobile {} works best"],
    "card": ["card {}", "{} exp 01/30", "pay with {} please", "here you go: {}", "its number is {}, keep it"],
    "iban": ["IBAN: {}", "send it to {}", "{} thanks!", "account is {} at the bank", "you owe me 5, {}"],
    "address": ["ip {}", "connect to {} quick", "he is on {}", "{} timed out", "join my server {}", "try {}, works"],
    "key": ["key: {}", "my token is {} oops", "export KEY={}", "{}", "i pasted {} in there", 'auth("{}")'],
    "password": ["password: {}", "my pw is {}", "pass={}", "the wifi password is {} btw", "login password: {}, ok?"],
    "code": ["my pin is {}", "the door code is {}", "PIN: {}", "{} is my code", "your verification code is {}"],
}
# Forms of what only looks like a secret; # is a digit, ~ a hexadecimal one, @@ a word.
LOOKALIKES = [
    "version #.#.# is out",
    "upgrade @@ to v#.##.#",
    "@@ ##.#.#### works for me",
    "it was #:## or #:##",
    "build 1.2.#.# of @@",
    "20##-0#-1# is the date of the @@",
    "1#.0#.20## maybe",
    "$##.## for a @@",
    "$#,### is a lot",
    "issue 1#### on @@",
    "order 4######## shipped",
    "commit ~~~~~~~",
    "commit ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ fixed the @@",
    "#~~~~~~ would be a nicer @@ colour",
    "0x~~~~ is the @@ flag",
    "1.######## is close enough",
    "(##, ##) and (##, ##)",
    "line #### of @@.js",
    "@@.js:###:##",
    "on port 8###",
    "we lost ##-## to @@",
    "##% of @@",
    "@@#.png is gone",
    "/home/@@/v#/file_##.txt",
    "status code 4## from @@",
    "exit code 1##",
    "@@@#.#.# has a bug",
    "ISBN 978-#-##-######-# about @@",
    "1#### upvotes for @@",
    "week ## day # of @@",
]
WORDS = ["apple", "engine", "lovelace", "kitchen", "parser", "river", "button", "yellow", "market", "galaxy"]


def planted_from_templates(each: int = 40) -> list[tuple[str, str, str]]:
    """Kind, sentence and secret, so many of each kind, the same ones each time."""
    choose = random.Random(1)
    cases = []
    for kind in KINDS:
        for number in range(each):
            secret = _secret(kind, number, choose)
            cases.append((kind, AROUND[kind][number % len(AROUND[kind])].format(secret), secret))
    return cases


def harmless_from_templates(each: int = 10) -> list[str]:
    choose = random.Random(2)
    return [_filled(form, choose) for form in LOOKALIKES for _ in range(each)]


def _filled(form: str, choose: random.Random) -> str:
    form = form.replace("@@", choose.choice(WORDS), 1)
    form = "".join(choose.choice(string.digits) if each == "#" and form[0] != "#" else each for each in form)
    return "".join(choose.choice("0123456789abcdef") if each == "~" else each for each in form)


def _secret(kind: str, number: int, choose: random.Random) -> str:
    def some(characters: str, count: int) -> str:
        return "".join(choose.choice(characters) for _ in range(count))

    digits, alphanumeric = string.digits, string.ascii_letters + string.digits
    word, other = choose.sample(WORDS, 2)
    if kind == "email":
        local = choose.choice([word, f"{word}.{other}", f"{word}_{some(digits, 2)}", f"{word}+{other}"])
        return f"{local}@{other}.{choose.choice(['org', 'com', 'co.uk', 'io', 'de'])}"
    if kind == "phone":
        forms = [
            "555-01#-####",
            "(555) 01#-####",
            "+1 555 01# ####",
            "+44 7700 900###",
            "07700 900###",
            "+49 171 55501##",
        ]
        forms += ["+15550######", "020 7946 0###", "+33 6 39 98 ## ##", "555.01#.####"]
        return "".join(choose.choice(digits) if each == "#" else each for each in forms[number % len(forms)])
    if kind == "card":
        head, count = choose.choice([("4", 16), ("5" + some("12345", 1), 16), ("3" + some("47", 1), 15), ("6011", 16)])
        body = head + some(digits, count - len(head) - 1)
        whole = body + luhn.calc_check_digit(body)
        gap = ["", " ", "-"][number % 3]
        return gap.join(whole[i : i + 4] for i in range(0, len(whole), 4))
    if kind == "iban":
        country, body = choose.choice(
            [
                ("DE", some(digits, 18)),
                ("NL", "ABNA" + some(digits, 10)),
                ("AT", some(digits, 16)),
                ("DK", some(digits, 14)),
            ]
        )
        whole = country + iban.calc_check_digits(f"{country}00{body}") + body
        return iban.format(whole) if number % 2 else whole
    if kind == "address":
        if number % 4 == 3:
            return "2001:db8:" + ":".join(some("123456789abcdef", 4) for _ in range(6))
        return choose.choice(["203.0.113.", "198.51.100.", "192.0.2."]) + str(choose.randrange(1, 255))
    if kind == "key":
        forms = [
            "AKIA" + some(string.ascii_uppercase + "234567", 16),
            "ghp_" + some(alphanumeric, 36),
            "xoxp-" + some(digits, 11) + "-" + some(digits, 11) + "-" + some(alphanumeric, 24),
            "eyJ" + some(alphanumeric, 17) + "." + some(alphanumeric, 40) + "." + some(alphanumeric, 43),
            "M" + some(alphanumeric, 23) + "." + some(alphanumeric, 6) + "." + some(alphanumeric + "_-", 27),
            some(alphanumeric, 40),
            some("0123456789abcdef", 32),
            some(alphanumeric + "+/", 43) + "=",
        ]
        return forms[number % len(forms)]
    if kind == "password":
        forms = [
            word + some(digits, 2),
            word.capitalize() + some("!?#%", 1) + some(digits, 2),
            some(alphanumeric, 9) + "7a",
        ]
        return forms[number % len(forms)]
    return some(digits, choose.choice([4, 4, 6]))
