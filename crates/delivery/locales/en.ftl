### Everything a message says, in English. Reading age 12, "you" and "we", no jargon.

## Moments, spans, places

moment = { $weekday ->
        [1] Monday
        [2] Tuesday
        [3] Wednesday
        [4] Thursday
        [5] Friday
        [6] Saturday
       *[7] Sunday
    }, { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $day }, { $year } at { $time } UTC
minutes = { $count ->
        [one] 1 minute
       *[other] { $count } minutes
    }
where-address = the network address { $address }
browser-on = { $browser } on { $system }
browser-unknown = a browser we do not know
method-password = your password
method-app = an authenticator app
method-phone = text messages to your phone
method-email = codes by email
method-recovery-key = your recovery key
method-backup-codes = your backup codes

## Text messages with a code: every character costs, the code comes first

text-asked-at = asked for at { $time } UTC
text-asked-from = {" "}from { $place }
text-asked-by = {" "}({ $browser })
text-never-asked = {" "}We never ask for it.
text-code-sign-in = { $code } is your { $product } sign-in code, { $asked }. It works for { $life }.
text-code-enroll = { $code } is your { $product } code to set up this phone, { $asked }. It works for { $life }.
text-code-turn-on = { $code } is your { $product } code to turn on two-factor authentication, { $asked }. It works for { $life }.
text-code-turn-off = { $code } is your { $product } code to turn off two-factor authentication, { $asked }. It works for { $life }.
text-code-change-methods = { $code } is your { $product } code to change how you sign in, { $asked }. It works for { $life }.
text-code-change-password = { $code } is your { $product } code to change your password, { $asked }. It works for { $life }.
text-code-reset = { $code } is your { $product } code to take a lost method from somebody, { $asked }. It works for { $life }.
text-code-recovery-key = { $code } is your { $product } code to make a new recovery key, { $asked }. It works for { $life }.
text-code-backup-codes = { $code } is your { $product } code to generate backup codes, { $asked }. It works for { $life }.
text-code-switch = { $code } is your { $product } code to switch two-factor authentication for a company, { $asked }. It works for { $life }.

## Emails: parts that several have

detail-when = When:
detail-where = Where:
detail-browser = Browser:
detail-method = Method:
detail-company = Company:
detail-person = Person:
detail-about = About:
mail-link-life = The link works once, until { $moment }.
mail-support = Need help? Contact { $contact }
mail-footer = { $product } sends you this to keep your account safe. We never ask for your password or a code.

## Emails with a code

mail-code-subject = Your { $product } code
mail-code-sign-in = Your code to sign in to { $product }:
mail-code-enroll = Your code to set up codes by email for your { $product } account:
mail-code-turn-on = Your code to turn on two-factor authentication for your { $product } account:
mail-code-turn-off = Your code to turn off two-factor authentication for your { $product } account:
mail-code-change-methods = Your code to change how you sign in to { $product }:
mail-code-change-password = Your code to change your { $product } password:
mail-code-reset = Your code to take a lost method from somebody at { $product }:
mail-code-switch = Your code to switch two-factor authentication for a company at { $product }:
mail-code-backup-codes = Your code to generate { $product } backup codes:
mail-code-recovery-key = Your code to make a new { $product } recovery key:
mail-code-life = It works for { $life }, once. Type it on the page that asks for it, and tell it to nobody.
mail-code-unexpected-sign-in = If you are not signing in right now, somebody knows your password. Do not pass the code on, and change your password.
mail-code-unexpected-session = If this is not you, somebody is signed in as you. Do not pass the code on; sign out everywhere and change your password.

## Notices

notice-turned-on-subject = Two-factor authentication was turned on
notice-turned-on = Two-factor authentication was turned on for your { $product } account.
notice-turned-off-subject = Two-factor authentication was turned off
notice-turned-off = Two-factor authentication was turned off for your { $product } account. Only your password protects it now.
notice-method-added-subject = A way to sign in was added
notice-method-added = A way to sign in was added to your { $product } account.
notice-method-replaced-subject = A way to sign in was replaced
notice-method-replaced = A way to sign in to your { $product } account was replaced by a new one.
notice-password-changed-subject = Your password was changed
notice-password-changed = The password of your { $product } account was changed.
notice-password-reset-subject = Your password was changed
notice-password-reset = The password of your { $product } account was changed with a link that we mailed to this address, because somebody said that they forgot it.
notice-name-locked-subject = Your account was locked for a while
notice-name-locked = Your { $product } account was locked for a while, because of too many wrong passwords or codes.
notice-name-locked-if-me = If you typed them, wait a little and try again.
notice-code-replayed-subject = A used code was entered again
notice-code-replayed = A code of your { $product } account that had been used already was entered again. We did not take it. Somebody may be watching what you type.
notice-code-replayed-if-me = If you entered it twice yourself, there is nothing to do.
notice-password-known-subject = Somebody may know your password
notice-password-known = Somebody entered the right password of your { $product } account, and then many wrong codes.
notice-password-known-if-me = If this was you, there is nothing to do. If you are not sure, change your password.
notice-disabled-subject = A way to sign in was blocked
notice-disabled = A way to sign in to your { $product } account was blocked, because of too many wrong codes.
notice-disabled-if-me = If you typed them, sign in another way and set this one up again.
notice-operator-added-subject = You are an operator now
notice-operator-added = You are an operator of { $product } now: you can help other people with their accounts. Sign in again to do so.
notice-operator-removed-subject = You are no operator any more
notice-operator-removed = You are no operator of { $product } any more. Your own account stays as it is; sign in again to use it.
notice-unlocked-subject = Your account was unlocked
notice-unlocked = An administrator of { $product } unlocked your account. You can try again to sign in.
notice-signed-out-subject = You were signed out everywhere
notice-signed-out = An administrator of { $product } signed your account out everywhere. Sign in again where you need it.
notice-recovery-key-used-subject = Your recovery key was used
notice-recovery-key-used = Somebody used the recovery key of your { $product } account, with the right password. That key is void; a new one was made and shown to them.
notice-recovery-key-made-subject = A new recovery key was made
notice-recovery-key-made = A new recovery key was made for your { $product } account. If there was one before, it is void.
notice-backup-code-used-subject = A backup code was used
notice-backup-code-used = Somebody used a backup code of your { $product } account, with the right password. That code is void; the others still work.
notice-backup-codes-few = Somebody used a backup code of your { $product } account, with the right password. That code is void, and only few are left: generate new ones on your security page.
notice-backup-codes-made-subject = New backup codes were generated
notice-backup-codes-made = New backup codes were generated for your { $product } account. If there were others before, those are void.
notice-method-reset-subject = A way to sign in was removed
notice-method-reset = An administrator of { $product } removed a way to sign in from your account and signed it out everywhere. You can set it up again once you are signed in.
notice-two-factor-reset-subject = Your two-factor authentication was removed
notice-two-factor-reset = An administrator of { $product } removed every second step from your account and signed it out everywhere. Set one up again once you are signed in.
notice-other-sessions-ended-subject = You were signed out in all other browsers
notice-other-sessions-ended = Your { $product } account was signed out in all browsers but one.
notice-operator-reset-subject = Your sign-in was reset
notice-operator-reset = Your password and your second step for { $product } were removed on the server, and you are signed out everywhere. You get a link to set both up again from whoever did it.
notice-if-me = If this was you, there is nothing to do.
notice-by-operator = Somebody who runs { $product } did this. If you asked for it, there is nothing to do.
notice-if-not-me = If this was not you, tell us with the link below. We sign your account out everywhere, keep it shut until you choose a new password, and send you an email for that.
notice-not-me = This was not me
notice-if-locked-out = If you want to sign in before the lock ends, open this link in the browser in which you want to sign in. Only that browser is let in; everybody else stays locked out.
notice-unlock = Let this browser in

## Links

link-set-password-subject = Choose your { $product } password
link-set-password = Choose a password for your { $product } account.
link-set-password-label = Choose a password
link-set-password-unexpected = If you did not expect this email and have a password here already, somebody may know it: choose a new one. If you have none, you can ignore this email.
link-reset-password-subject = Choose a new { $product } password
link-reset-password = Somebody said that they forgot the password of your { $product } account. With this link you can choose a new one.
link-reset-password-label = Choose a new password
link-reset-password-unexpected = If it was not you, ignore this email: your password stays as it is, and nobody gets in without this link.
link-verify-email-subject = Confirm your email address
link-verify-email = Confirm that this is the email address of your { $product } account.
link-verify-email-label = Confirm this address
link-verify-email-unexpected = Somebody who signed in with your password asked for this. If it was not you, do not open the link: change your password now.

## To whoever administers a company

member-password-known-subject = Somebody may know a password in your company
member-password-known = Somebody entered the right { $product } password of one of your people, and then many wrong codes.
member-password-known-next = We told them, and ask them for a new password when they sign in. Make sure that they read it.
member-disabled-subject = A way to sign in was blocked in your company
member-disabled = A way to sign in to { $product } of one of your people was blocked, because of too many wrong entries. Somebody may be trying to get in.
member-disabled-next = We told them. If they cannot sign in any more, make sure who asks before anybody helps them.

## Alerts for the operator

alert-unproven-subject = Hardly any code is entered
alert-unproven = Hardly any code that { $product } sent to set up a phone number was entered. Somebody may earn by our text messages. No more such texts go there for now; people are offered other ways.
alert-adjacent-subject = Many numbers of one block
alert-adjacent = Many phone numbers that follow each other were entered at { $product }. Somebody may earn by our text messages. No more such texts go there for now; people are offered other ways.
alert-everybody-subject = The hour’s text messages are used up
alert-everybody = { $product } sent as many text messages as it may in an hour. People are offered other ways until then.
alert-organization-subject = A company’s text messages are used up
alert-organization = One company at { $product } got as many text messages to unproven numbers as it may in a day. Its people are offered other ways until then.
alert-operator-added-subject = Somebody became an operator
alert-operator-added = Somebody became an operator of { $product }, and can help other people with their accounts now.
alert-operator-removed-subject = Somebody is no operator any more
alert-operator-removed = Somebody who ran { $product } is no operator any more.
alert-operator-invited-subject = A link for a new operator was made
alert-operator-invited = On the server, a link was made by which somebody becomes an operator of { $product }. It works once, within a day.
alert-operator-reset-subject = An operator’s sign-in was reset
alert-operator-reset = The password and the second step of an operator of { $product } were removed on the server, and a link to set both up again was made.
alert-ask-the-others = If you do not know why, ask the other operators at once, and see the record of the server.
alert-reset-links-subject = The hour’s links for forgotten passwords are used up
alert-reset-links = { $product } mailed as many links for forgotten passwords as it may in an hour. Whoever asks for one now gets none until then.
alert-reset-links-what-to-do = Look in the log and the record where they are asked for from. If it is your own people, raise reset_links_hour_max.
alert-failures-subject = Very many sign-ins fail
alert-failures = Very many people fail to sign in to { $product } in one minute. Somebody may be trying passwords. For now, networks in which two names failed have to wait; browsers that people used before are let in.
alert-failures-what-to-do = Look in the log where they come from. If it is your own people after a change, raise failures_minute_max.
alert-what-to-do = Look at who asks for the codes before you raise a limit.
