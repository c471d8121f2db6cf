### Everything a person reads, in English. Reading age 12, "you" and "we", no jargon.

## Every page

title = { $page } – { $brand }
title-error = Error: { $page } – { $brand }
skip-to-content = Skip to main content
mistakes-heading = There is a problem
support = Need help? Contact { $contact }
# Who can do what a person cannot; `en-without-support.ftl` says it where no contact is configured.
-helper = support
breadcrumb = Breadcrumb
product-line = Account security by Countersign
cancel = Cancel
back = Back
next = Next
done = Done
copy = Copy
copied = Copied
print = Print
step = Step { $step } of { $steps }
moment = { $month ->
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

## Menu

menu-of = Menu of { $name }
menu-sections = Account sections
menu-sections-short = Account
menu-profile = Profile
menu-security = Security
menu-operator = Operator
sign-out = Sign out

## Fields

field-name = Name
field-email = Email
field-password = Password
field-current-password = Current password
field-new-password = New password
field-code = Authentication code
field-phone = Mobile number

## Sign in

sign-in-heading = Sign in
sign-in-submit = Sign in
sign-in-forgot-password = Forgot password?
code-heading = Confirm it’s you
code-from-app = Enter the 6-digit code from your authenticator app.
code-from-text = Enter the 6-digit code that we text to you.
code-from-mail = Enter the 6-digit code that we email to you.
code-from-sent = Enter the 6-digit code that we send to you.
code-from-app-or-mail = Enter the 6-digit code from your authenticator app, or one that we email to you.
code-from-app-or-sent = Enter the 6-digit code from your authenticator app, or one that we send to you.
code-from-app-or-text = Enter the 6-digit code from your authenticator app, or one that we text to you.
code-from-key = Your other methods are out of use. Enter your recovery key.
code-or-key = Cannot get a code? Enter your whole recovery key in the same field.
code-or-backup-code = Cannot get a code? Enter one of your backup codes in the same field.
code-from-backup-code = Your other methods are out of use. Enter one of your backup codes.
code-from-nothing = None of your methods can be used now. Ask { -helper } to help you.
code-submit = Verify
code-start-again = Start again
code-other-way = Try another way
other-way-heading = Choose another way
other-way-app = Use your authenticator app
other-way-text = Text a code to { $to }
other-way-mail = Email a code to { $to }

## Codes that we send

sending-ready-text = We can text a code to { $to }.
sending-ready-mail = We can email a code to { $to }.
sending-on-its-way = Your 6-digit code is on its way to { $to }.
sending-sent = We sent a 6-digit code to { $to }.
sending-failed = We could not send a code to { $to }.
sending-use-app = Use your authenticator app instead.
sending-choose-app = You can go back and choose an authenticator app instead.
sending-other-way = Try another way instead.
sending-ask-helper = If you cannot wait, ask { -helper } for help.
send-first = Send a code
send-again = Send a new code
send-at = You can ask for a new code at { $time } UTC
send-reload = Then reload this page.
in-seconds = in { $seconds ->
        [one] 1 second
       *[other] { $seconds } seconds
    }
sends-spent-sign-in = We cannot send more codes for this sign-in. Start again, or ask { -helper } for help.
sends-spent-set-up = We cannot send more codes for this set-up. Cancel it and start again, or ask { -helper } for help.
sends-spent-act = We cannot send more codes for this change. Enter the newest one, try again in half an hour, or ask { -helper } for help.
withheld-no-gateway = We cannot send text messages at the moment.
withheld-country = We do not send text messages to numbers of this country.
withheld-number = We sent too many codes to this number that were not entered. You can ask for one again in an hour.
withheld-number-today = We sent too many codes to this number today that were not entered. You can ask for one again tomorrow.
withheld-account = We sent you too many codes that were not entered. You can ask for one again in an hour.
withheld-account-today = We sent you too many codes today that were not entered. You can ask for one again tomorrow.
withheld-source = Too many codes were asked for from your network. You can ask for one again in an hour.
withheld-organization = Your company’s text messages for today are used up. You can ask for a code again tomorrow.
withheld-everybody = More codes are asked for than we can text. You can ask for one again in an hour.
withheld-new-numbers = For now we do not text codes to new numbers like this one. You can ask for one again tomorrow.
withheld-no-mail-server = We cannot send emails at the moment.
withheld-mailbox = We emailed you too many codes that were not entered. You can ask for one again in an hour.
withheld-mailbox-today = We emailed you too many codes today that were not entered. You can ask for one again tomorrow.
withheld-same-mailbox = You chose your password with a link to this mailbox. A code sent there as well would prove nothing more, so for a day after that we send none.

## Profile

profile-heading = Profile
profile-about = About you
profile-name = Name
profile-email = Email
profile-company = Company
profile-password = Password
profile-change-password = Change password
profile-password-explanation = When you change it, your other devices are signed out.
email-verified = Verified
email-not-verified = Not verified
email-prove = Send a link to confirm it

## Security

security-heading = Security
security-recovered = You signed in with your recovery key. If you lost your phone, set up the new one now, under “Your methods”: for five minutes after you signed in, your password is enough for that.
security-by-backup-code = You signed in with a backup code. If you lost your phone, set up the new one now, under “Your methods”: for five minutes after you signed in, your password is enough for that.
state-on = On
state-off = Off
state-unavailable = Not available for your company yet
state-blocked = Blocked
two-factor-heading = Two-factor authentication
two-factor-on = When you sign in, we ask for a code after your password. Nobody gets in with your password alone.
two-factor-off = Add a second step: when you sign in, we also ask for a code that only you can see.
two-factor-blocked = Your second step is blocked: there were too many wrong codes, or you told us that something was not you. You cannot sign in again until { -helper } helps you.
two-factor-required = Your company requires it, so you cannot turn it off yourself.
two-factor-required-of-operators = An operator always has it on, so you cannot turn it off.
two-factor-forbidden = Your company’s rules do not allow it.
two-factor-blocked-but-key = Your second step is blocked: there were too many wrong codes, or you told us that something was not you. Only your recovery key admits you now. Right after it did, set a method up anew.
two-factor-blocked-but-backup-code = Your second step is blocked: there were too many wrong codes, or you told us that something was not you. Only a backup code admits you now. Right after it did, set a method up anew.
two-factor-unavailable = Two-factor authentication is not available in your company yet. Ask { -helper } to make it available.
two-factor-without-mail = Before you turn it on, we have to confirm your email address, and we cannot send emails at the moment. Ask { -helper } to help you.
methods-heading = Your methods
methods-none = Nothing is set up yet. Turn on two-factor authentication to add a method.
methods-none-possible = Nothing is set up.
method-app = Authenticator app
method-app-short = app
method-recovery-key = Recovery key
method-recovery-key-short = recovery key
method-backup-codes = Backup codes
method-backup-codes-short = backup codes
method-phone = Text messages
method-phone-short = phone
method-phone-to = Text messages to { $to }
method-email = Email
method-email-short = email
method-email-to = Codes by email to { $to }
method-in-use = In use
method-disabled = Blocked
method-not-set-up = Not set up
method-edit = Edit
method-add = Add
method-added = Added
method-last-used = Last used
method-never-used = Not used yet
apps-heading = Authenticator apps you can use
apps-explanation = An authenticator app makes a new code every 30 seconds, also without a network. These work, and so does any other app that makes time-based codes.

## Sessions

sessions-heading = Where you are signed in
sessions-explanation = We sign you out after an hour without use, and after a day in any case.
session-this = This browser
session-where = Where
session-signed-in = Signed in
session-last-seen = Last used
session-end = End
session-end-which = session on { $browser }
sessions-more = { $count ->
        [one] There is 1 more, an older one.
       *[other] There are { $count } more, older ones.
    }
sessions-end-others = End all other sessions
end-others-heading = Sign out everywhere else?
end-others-crumb = Other sessions
end-others-consequence = These sessions end at once, and so does every sign-in that still waits for its code. You stay signed in here. Somebody who knows your password can sign in again: if you think so, change it.
end-others-which = What ends
end-others-keep = Keep them

## Recent activity

activity-heading = Recent activity
activity-explanation = What we recorded about your account, the newest first. If something here was not you, change your password.
activity-none = There is nothing before this.
activity-all = Show all activity
activity-older = Older
activity-newest = Newest
activity-by-operator = by somebody who runs { $product }
activity-unknown = Something that this version of the page has no words for
activity-signed-in = Signed in
activity-signed-out = Signed out
activity-session-ended = A session was ended from another browser
activity-others-ended = All other sessions were ended
activity-password-right = The right password was entered; a code was asked for
activity-wrong-password = A wrong password was entered
activity-wrong-code = A wrong code was entered
activity-sign-in-refused = A sign-in was refused
activity-name-locked = Your account was locked for a while
activity-name-unlocked = A lock was opened with a link that we mailed to you
activity-code-replayed = A used code was entered again
activity-method-blocked = A way to sign in was blocked after too many wrong entries
activity-proof-refused = A change was refused: the password or the code was wrong
activity-set-up-started = The set-up of a way to sign in was begun
activity-set-up-refused = A wrong code was entered in a set-up
activity-turned-on = Two-factor authentication was turned on
activity-turned-off = Two-factor authentication was turned off
activity-method-added = A way to sign in was added
activity-recovery-key-used = Your recovery key was used, and a new one took its place
activity-recovery-key-made = A recovery key was made
activity-backup-code-used = A backup code was used
activity-backup-codes-made = Backup codes were generated
activity-method-replaced = A way to sign in was replaced
activity-code-sent = A code was sent to you
activity-code-withheld = A code was asked for and not sent
activity-link-sent = A link was mailed to you
activity-link-withheld = A link for a forgotten password was asked for and not mailed
activity-email-confirmed = Your email address was confirmed
activity-not-me = You told us that something was not you
activity-password-changed = Your password was changed
activity-password-change-due = We asked you to change your password
activity-account-made = Your account was made
activity-operator-added = You became an operator
activity-operator-removed = You are an operator no more
activity-operator-reset = Every way to sign in was taken from you on the server
activity-operator-set-up-anew = A new password and a new app were set up with a link from the server
activity-unlocked = A lock was opened
activity-signed-out-everywhere = You were signed out everywhere
activity-method-removed = A way to sign in was removed
activity-two-factor-removed = Every second step was removed
activity-app-clock-reset = The codes of your app were made good again after a wrong clock
activity-of-others = Something changed for everybody in your company

## Turn on

turn-on-crumb = Turn on two-factor authentication
turn-on-heading = Confirm your password
turn-on-explanation = Before you change how you sign in, enter your password again.
turn-on-submit = Submit
method-heading = Choose a method
method-legend = Where do you want to receive your code?
choice-phone = In a text message
choice-phone-for = Easy: we text a code to your phone each time you sign in.
choice-phone-against = Weaker than an app: somebody who takes over your number gets your codes. Your phone plan may charge for texts.
choice-email = In an email
choice-email-for = Nothing to set up: we email a code to the address that you sign in with.
choice-email-against = The weakest way: whoever gets into your mailbox gets your codes. An app is safer.
choice-app = In an authenticator app
choice-app-for = Safer: an app on your phone shows a new code every 30 seconds, also without a signal.
choice-app-against = You install the app first, and move it when you get a new phone.
phone-heading = Enter your mobile number
phone-explanation = We text a code to this number now, and each time you sign in.
phone-hint = A number of another country begins with + and the country’s code.
phone-hint-example = For example { $example }. A number of another country begins with + and the country’s code.
phone-confirm-heading = Confirm your mobile number
phone-other-number = Use another number
mailbox-heading = Get your codes by email
mailbox-explanation = We email a 6-digit code to { $to } now, and each time you sign in.
mailbox-advice = Whoever can read this mailbox can read your codes: protect it with a password that you use nowhere else.
mailbox-submit = Send verification code
mailbox-confirm-heading = Confirm your email address
app-heading = Set up your authenticator app
app-recommended = We recommend { $app }. Any other authenticator app works, too.
app-is-recommended = recommended
app-scan = Scan this QR code with your authenticator app.
app-qr-title = QR code for your authenticator app. The manual key on this page does the same.
app-type = Cannot scan it? Enter these in your app.
app-manual-key = Manual key
app-account = Account
app-issuer = Issuer
app-type-of-key = Type
app-time-based = Time-based
set-up-next = Next: confirm access
set-up-complete = Next: complete setup
set-up-over-heading = This set-up has ended
set-up-over-next = Nothing was changed. You can start again.
app-confirm-heading = Confirm your authenticator app
app-confirm-hint = Enter the 6-digit code that your app shows now.
turned-on-heading = Two-factor authentication is on
turned-on-next-time = The next time you sign in, we ask for your password and then for a code from your authenticator app.
turned-on-texts = The next time you sign in, we ask for your password and then for a code that we text to { $to }.
turned-on-mails = The next time you sign in, we ask for your password and then for a code that we email to { $to }.
turned-on-mailbox = Before you give this mailbox up, set up another way here or turn two-factor authentication off.
turned-on-backup-codes = What if you cannot get a code one day? Backup codes admit you all the same. Generate them now and keep them in a safe place.
turned-on-later = Not now
turned-on-new-number = Before you change your number, set up the new one here or turn two-factor authentication off.
turned-on-phone = Before you change or reset your phone, move the app to the new one or turn two-factor authentication off here.

## Change methods

change-methods-crumb = Change how you sign in
change-methods-heading = Confirm it’s you
change-methods-explanation = Before you change how you sign in, enter your password and a code.

## Prove the address

prove-email-heading = First confirm your email address
prove-email = Before you turn on two-factor authentication, we make sure that { $email } is your address. We send a link there; open it in this browser.
prove-email-later = Nobody has confirmed yet that { $email } is your address. If it is not, whoever reads it gets what we write to you. We send a link there; open it in this browser.
prove-email-submit = Send link
verify-email-heading = Confirm your email address
verify-email-question = Is { $email } your address, and did you ask for this?
verify-email-submit = Confirm this address

## Turn off

turn-off-crumb = Turn off two-factor authentication
turn-off-heading = Turn off two-factor authentication?
turn-off-consequence = Anybody who knows your password could then sign in as you. Your methods are removed; to turn it on again, you set one up anew.
turn-off-others = This changes your own sign-in only.
turn-off-advice = We recommend that you keep it on.
turn-off-keep = Keep it on
turn-off-submit = Disable

## Password

password-heading = Change password
password-explanation = Your other devices are signed out when you save.
password-rule = At least { $min } characters. A few unrelated words are easy to remember and hard to guess.
password-submit = Save password

password-due-somebody-knows-it = Please choose a new password. Somebody entered many wrong codes after your right password, so they may know it.
password-due-too-short-alone = Please choose a longer password. It is all that protects your account now.
password-due-set-by-operator = Please choose a password of your own. The present one was set for you.
password-too-short = Use at least { $min } characters.
password-too-long = Use at most { $max } letters, fewer with accents or emoji.
password-common = This password is among the first that guessers try. Choose another one, for example four unrelated words.
password-personal = This password is made of your name, your address or your company. Choose one that others cannot guess.
password-breached = This password was published in a data breach. Choose another one, here and wherever else you use it.

## Set a password by a mailed link

set-password-heading = Choose a password
set-password-for = For { $email }

## A forgotten password

forgot-password-heading = Forgot your password?
forgot-password-explanation = Type the email address that you sign in with. We send a link there; behind it you choose a new password.
forgot-password-submit = Send link
forgot-password-without-mail = We cannot send emails at the moment. Ask { -helper } for a new password.
forgot-password-back = Back to sign-in
forgot-password-sent-heading = Look in your mailbox
forgot-password-sent = If somebody signs in with this address, we are sending a link to it now. It works once, for { $minutes } minutes.
forgot-password-sent-nothing = Nothing there after a few minutes? Look among the junk mail, and make sure that it is the address you sign in with. We send only a few links in a day: open the newest.
forgot-password-sent-helper = If you cannot read that mailbox, ask { -helper } to help you.
forgot-password-again = Type another address
reset-password-heading = Choose a new password
reset-password-consequence = When you save, you are signed out everywhere. Then sign in with the new password, and with your second step if you have one.
stale-forgot-password = This page was out of date, or your browser keeps no cookies. Nothing was sent; please do it once more.

## "This was not me"

not-me-heading = Was this you?
told-turned-on = Two-factor authentication was turned on for your account.
told-turned-off = Two-factor authentication was turned off for your account.
told-method-added = A way to sign in was added to your account.
told-method-replaced = A way to sign in to your account was replaced by a new one.
told-recovery-key-used = The recovery key of your account was used, with the right password.
told-recovery-key-made = A new recovery key was made for your account.
told-backup-code-used = A backup code of your account was used, with the right password.
told-backup-codes-made = New backup codes were generated for your account.
told-password-changed = The password of your account was changed.
told-password-reset = The password of your account was changed with a link that we mailed to you.
told-name-locked = Your account was locked for a while, because of too many wrong passwords or codes.
told-code-replayed = A code that had been used already was entered again.
told-password-known = Somebody entered your right password, and then many wrong codes.
told-other-sessions-ended = Your account was signed out in all browsers but one.
told-disabled = A way to sign in to your account was blocked, because of too many wrong codes.
told-operator-added = You were made an operator.
told-operator-removed = You were removed from the operators.
told-unlocked = Your account was unlocked.
told-signed-out = Your account was signed out everywhere.
told-method-reset = A way to sign in was removed from your account.
told-two-factor-reset = Every second step was removed from your account.
told-operator-reset = Your password and your second step were removed.
not-me-when = When
not-me-where = Where
not-me-browser = Browser
not-me-method = Method
not-me-by-operator = Somebody who runs { $product } did this.
network-address = The network address { $address }
browser-on = { $browser } on { $system }
browser-unknown = A browser we do not know
not-me-if-me = If it was you, close this page. Nothing changes.
not-me-if-not-me = If it was not you, press the button. Then:
not-me-ends-sessions = your account is signed out everywhere,
not-me-locks-password = your password stops working until you choose a new one,
not-me-blocks-method = the method that was set up is blocked,
not-me-mails-link = we send an email to your address with a link to choose the new password.
not-me-submit = This was not me
not-me-done-heading = Your account is shut
not-me-done = Everybody is signed out, and the password does not work any more.
not-me-done-next = We sent an email to your address. Open the link in it to choose a new password; it works for 24 hours.
not-me-done-helper = If you cannot get in after that, ask { -helper } to help you.

## Operators

operator-heading = Operator
operator-explanation = You run { $product }. What you do here is recorded.
operator-organizations-line = Who our customers are, and whether their people may use a second step.
operator-users-line = Find somebody, unlock them, sign them out, help with a lost phone.
operator-delivery-line = What waits to be sent, and what could not be sent.
operator-people-heading = Operators
operator-people-line = Who runs this installation with you.
operator-people-explanation = Everybody who runs { $product } and can help other people with their accounts. On the server’s console, “countersign operator” makes and removes operators.
operator-email = Email
operator-since = Operator since
operator-second-factor = Second step
operator-can-sign-in = Set up
operator-cannot-sign-in = Missing or blocked
## Operator: lists

search = Search
field-words = Words
paging = Pages
paging-first = First page
paging-next = Next page
menu-organizations = Companies
menu-users = People
menu-delivery = Delivery
column-name = Name
column-email = Email
column-company = Company
column-second-step = Second step
column-lock = Lock
column-policy = Policy
column-people = People
column-since = Since
column-last-seen = Last seen
column-record = Record
column-reason = Reason
column-by = By
company-none = No company
locked-not = Not locked
locked-until = Locked until
users-heading = People
users-explanation = Everybody who can sign in, by email address.
users-search = Part of a name or an email address, or an id
users-filter = Who is shown
users-everybody = Everybody
users-locked = Locked now
users-all-companies = All companies
users-none = Nobody was found. Try a shorter part of the name or the address.

## Operator: one person

user-own = This is your own account. Change it on your profile; other operators can help you here.
user-facts = Account
user-sign-in = Sign-in
user-password-only = The password alone.
user-second-factor = The password, then a second step.
user-unavailable = Not possible: a second step is asked for, and none works.
decided-by-nobody = Nobody requires more.
decided-by-person = Turned on by the person.
decided-by-operator-rule = Operators are always asked for it.
decided-by-company = Required by { $company }.
role-owner = owner
role-admin = admin
role-member = member
lock-of-name = The name is locked until
lock-of-browser = A browser that the person used before is locked until
unlock = Unlock
user-unlock-explanation = Unlocking lets them try again at once. Methods that were blocked after too many wrong codes stay blocked.
user-methods = Methods
user-sessions = Signed in
user-no-sessions = Not signed in anywhere.
user-events = What was recorded lately
user-no-events = Nothing is recorded.
by-console = the server’s console
by-person = the person
sign-out-everywhere = Sign out everywhere
sign-out-heading = Sign { $name } out everywhere?
sign-out-ends = { $sessions ->
        [0] { $name } is not signed in anywhere now. Whatever sign-in or set-up they have begun ends.
        [one] One session of { $name } ends, and whatever sign-in or set-up they have begun.
       *[other] { $sessions } sessions of { $name } end, and whatever sign-in or set-up they have begun.
    }
sign-out-again = { $name } signs in again with what they have, and we tell them by email.
reset-lost = Remove lost
reset-lost-all = Remove all second steps
reset-heading-app = Remove the app of { $name }?
reset-heading-phone = Remove the phone of { $name }?
reset-heading-email = Remove codes by email for { $name }?
reset-heading-all = Remove all second steps of { $name }?
reset-explanation = Do this only after you made sure who is asking for it: whoever talks you into it takes the account over.
reset-ends = { $name } is signed out everywhere, and whatever sign-in or set-up they have begun ends.
reset-then-password-only = Then the password alone lets { $name } in, until they set up a second step again.
reset-then-second-factor = { $name } still has another second step, which is asked for.
reset-then-unavailable = A second step is required of { $name }, and there will be none: nobody can sign in with this account until that rule changes.
reset-tells = We tell { $name } by email.
reset-reason = Reason
reset-reason-hint = For the record: what happened, and how you made sure who it is.
reset-keep = Keep it
reset-submit-app = Remove the app of { $name }
reset-submit-phone = Remove the phone of { $name }
reset-submit-email = Remove codes by email for { $name }
reset-submit-all = Remove all second steps of { $name }

## Operator: companies

organizations-heading = Companies
organizations-search = Part of a name, or an id
organizations-none = No company was found.
organization-add = Add company
organization-add-heading = Add a company
organization-add-crumb = Add
organization-name-label = Name
organization-preset = Policy to begin with
preset-default = Our advice: an app or text messages, available at once, with backup codes for a lost phone; proofs before every change.
preset-per-user = Each person for themselves, turned off by the password alone; you make it available.
preset-email-key = Codes by email, with a recovery key for whoever loses the mailbox; an app as another way. Turned on and off by a code.
preset-authenticator = An app only, with a recovery key that is replaced when it is used; turned on by the first code of the app and off by a confirmation, without the password.
organization-facts = Company
organization-requires = a second step is required
organization-people = Show people
organization-with = With a second step
organization-open-since = Available since
organization-made = Made
gate-heading = Two-factor authentication available
gate-open = Available
gate-closed = Not available
gate-open-explanation = The people of this company can set up a second step.
gate-closed-explanation = The people of this company cannot set up a second step. Who has one is still asked for it.
gate-heading-open = Make two-factor authentication available to { $company }?
gate-heading-close = Make two-factor authentication unavailable to { $company }?
gate-opens = { $people ->
        [one] 1 person
       *[other] { $people } people
    } of this company can set up a second step then, each for themselves.
gate-closes = { $people ->
        [one] 1 person
       *[other] { $people } people
    } of this company can set up no second step any more.
gate-keeps = { $people ->
        [0] Nobody of them has one now.
        [one] One of them has a second step, keeps it, and is still asked for it.
       *[other] { $people } of them have a second step, keep it, and are still asked for it.
    }
gate-opens-rule = This company’s policy requires a second step: from then on, who has none cannot sign in.
gate-closes-rule = This company’s policy requires a second step: that rule binds nobody while it is not available.
gate-keep = Leave it
gate-submit-open = Make it available
gate-submit-close = Make it unavailable

## Operator: delivery

delivery-heading = Delivery
delivery-explanation = What waits to be sent, and what was sent and failed within an hour and within a day.
column-channel = Channel
column-waiting = Waiting
column-oldest = Oldest since
column-sent = Sent: hour · day
column-failed = Failed: hour · day
channel-email = Email
channel-sms = Text messages
nothing-waits = –
refused-codes = Codes that the gateway refused within a day: { $codes }. The last with: { $error }
dead-heading = Could not be sent
dead-none = No message failed for good.
dead-explanation = The other side refused these for good. Send them again once what stood in their way is gone; links past their life cannot be.
dead-more = And { $count } more: “countersign outbox list” shows them, “countersign outbox retry --all” sends them all again.
column-message = Message
column-to = To
column-given-up = Given up
column-error = Their answer
message-notice = Notice
message-link = Link
message-alert = Alert
message-code = Code
retry = Send again

## Opening a lock by a mailed link

unlock-heading = Let this browser in?
unlock-question = { $email } is locked until { $time } UTC, because of too many wrong passwords or codes.
unlock-explanation = If you want to sign in now, let this browser in. Everybody else stays locked out until then.
unlock-submit = Let this browser in

become-operator-heading = Become an operator of { $product }
become-operator-explanation = An operator helps other people with their accounts. Enter who you are and choose a password; then set up your authenticator app.
become-operator-address = You sign in with it. It must not belong to an account here already.
reset-operator-heading = Set up your sign-in again
reset-operator-for = For { $email }. Choose a new password; then set up your authenticator app.
operators-app-heading = Set up your authenticator app
operators-app-submit = Finish
become-operator-over = This set-up took more than { $minutes } minutes, or too many wrong codes were entered. Enter everything once more.
dead-link-operator = It was used already, a newer one took its place, it is older than { $hours } hours, or it was begun with too often.
dead-link-operator-next = If you finished the set-up, sign in. Else ask for a new link: “countersign operator” on the server’s console makes it.
dead-link-operator-missing = It was used already, or this page was open for more than half an hour. Open the link once more; your browser must keep cookies for that.

## Links that are good no more

dead-link-heading = This link does not work any more
dead-link-missing = It was used already, or this page was open for more than half an hour. Open the link in our email once more; your browser must keep cookies for that.
dead-link-set-password = It was used already, a newer one took its place, or it is older than { $hours } hours.
dead-link-set-password-next = If you chose your password, sign in with it. Else look for a newer email from us, or ask { -helper } for a new link.
dead-link-reset-password = It was used already, a newer one took its place, or it is older than { $minutes } minutes.
dead-link-reset-password-next = If you chose your password, sign in with it. Else look for a newer email from us, or ask for another link.
dead-link-here-heading = This link does not work here
dead-link-verify-email = Open it in the browser in which you asked for it, while you are signed in there. It works once, and for { $hours } hours.
dead-link-verify-email-next = If it still does not work, ask for a new one on your security page.
dead-link-to-security = Go to your security page
dead-link-not-me = You told us already, or the link is older than { $hours } hours.
dead-link-not-me-next = If you told us, your account is shut: look for our email with the link to choose a new password. If you still need help, ask { -helper } for it.
dead-link-unlock = It was used already, or the lock that it was for is over.
dead-link-unlock-next = Try to sign in. If your account is locked once more, our newest email has a new link.
stale-link = This page was out of date, or your browser keeps no cookies. Nothing was changed; please do it once more.

## What was done

said-signed-out = You are signed out.
said-turned-off = Two-factor authentication is off.
said-recovery-key-saved = Your recovery key is in force. We do not show it again.
said-backup-codes-saved = Your backup codes are in force. We do not show them again.
said-method-set-up = Your new method is set up.
said-unlocked = This browser is let in. Sign in now.
said-password-saved = Your password is saved. Sign in with it.
said-link-failed = We could not send an email to your address. Ask { -helper } to help you.
said-link-on-its-way = A link is on its way to { $email }. Open it in this browser; it works for { $hours } hours.
said-link-mailed = We sent a link to { $email }. Open it in this browser; it works for { $hours } hours.
said-password-link-on-its-way = A link is on its way to { $email }. It confirms the address and lets you choose a new password; then you sign in again. It works for { $hours } hours.
said-password-link-mailed = We sent a link to { $email }. It confirms the address and lets you choose a new password; then you sign in again. It works for { $hours } hours.
said-email-confirmed = Your email address is confirmed.
said-operator-set-up = You are an operator now. Sign in with your new password and a code from your app.
said-session-over = Your sign-in ended before we could do this. Nothing was changed; sign in again.
said-user-unlocked = Unlocked. We told them by email.
said-signed-out-everywhere = Signed out everywhere. We told them by email.
said-method-reset = Removed. We told them by email.
said-organization-added = The company is made.
said-two-factor-opened = Two-factor authentication is available to this company now.
said-two-factor-closed = Two-factor authentication is not available to this company any more.
said-message-retried = The message waits to be sent again.
said-session-ended = The session is over. That browser is signed out.
said-other-sessions-ended = You are signed out in every other browser.
said-password-changed = Your password is changed.

refusal-reference = If you ask for help, give this number: { $id }

## Empty or unreadable fields

missing-name = Enter your name, with at most { $max } characters.
missing-email = Enter your email address.
malformed-email = Enter an email address like name@example.com.
missing-password = Enter your password.
missing-current-password = Enter your current password.
missing-code = Enter the code from your authenticator app.
missing-code-sent = Enter the code that we sent to you.
missing-phone = Enter your mobile number.
malformed-phone = This is no phone number. Check it; a number of another country begins with +.
no-mobile-phone = Text messages do not reach this number. Enter a mobile number.
missing-new-password = Enter a new password.
missing-reason = Say in 3 to 200 characters what happened and how you made sure who it is.
organization-exists = A company of this name exists already.
organization-name = A company’s name has 1 to 100 characters and must not look like an address of the web.
missing-method = Choose where your code comes from.

## Recovery key

recovered-heading = Save your new recovery key
recovered-explanation = Your recovery key was right. It is void now, and this one took its place.
recovered-void = If you had one before, it is void.
recovery-key-heading = Save your recovery key
recovery-key-crumb = Recovery key
recovery-key-keep = Download or copy it, and keep it in a safe place, as you keep your password. If you cannot get a code any more, it admits you with your password, once, so that you are not locked out. We show it for ten minutes and never again.
recovery-key-over = Your new recovery key is not shown any more. If you did not save it, make another one on your security page while you still have a second step, or ask { -helper } to help you.
recovery-key-name = Your recovery key
recovery-key-download = Download
recovery-key-continue = Continue
recovery-key-file =
    Recovery key

    { $key }

    With your password it admits you once in the place of your second step, and is then replaced by a new one.
    Keep it where nobody else finds it.
recovery-key-explanation = If you cannot get a code any more, your recovery key admits you with your password, once. It is replaced by a new one then.
recovery-key-unsaved = You did not save your recovery key yet.
recovery-key-show = Show it
recovery-key-made = Made
recovery-key-create = Create new recovery key
create-recovery-key-heading = Create a new recovery key
create-recovery-key-explanation = If you have a key now, it is void as soon as the new one is made. First show that it is you.

## Backup codes

backup-codes-heading = Save your backup codes
backup-codes-crumb = Backup codes
backup-codes-keep = Copy, download or print them, and keep them in a safe place, not with your phone. We show them for ten minutes and never again.
backup-codes-name = Your backup codes
backup-codes-once = With your password, each of them admits you once without your phone. If you had others before, those are void.
backup-codes-over = Your new backup codes are not shown any more. If you did not save them, generate others on your security page.
backup-codes-file =
    Backup codes

    { $codes }

    With your password, each of them admits you once in the place of your second step.
    Keep them where nobody else finds them.
backup-codes-explanation = If you lose your phone, a backup code admits you with your password. Each of the ten works once.
backup-codes-few = Few are left. Generate new ones now, before you need them.
backup-codes-unsaved = You did not save your backup codes yet.
backup-codes-show = Show them
backup-codes-create = Generate backup codes
backup-codes-left = Left
backup-codes-count = { $left } of 10 left
create-backup-codes-heading = Generate backup codes
create-backup-codes-explanation = You get ten codes. With your password, each of them admits you once without your phone. Enter your password and a code first.
create-backup-codes-void = The codes that you have now are void as soon as the new ones are made.
backup-code-used-heading = You used a backup code
backup-code-used-left = { $left ->
        [0] None of your backup codes is left.
        [one] You have 1 backup code left.
       *[other] You have { $left } backup codes left.
    }
backup-code-used-few = Generate new ones on your security page as soon as you have a second step that works.
backup-code-used-lost = If you lost your phone, set up the new one now: for five minutes after you signed in, your password is enough for that.
backup-code-used-replace = Replace it now
backup-code-used-kept = I still have it

## Refusals

wrong-left = After { $tries ->
        [one] 1 more wrong try
       *[other] { $tries } more wrong tries
    } this name is locked for { $minutes ->
        [one] 1 minute
        [60] 1 hour
       *[other] { $minutes } minutes
    }.
refusal-wrong-sign-in = That email and password do not match. { wrong-left }
refusal-wrong-password = That password is not right. { wrong-left }
refusal-wrong-code = That code is not right. Enter the newest one that you have. { wrong-left }
refusal-code-already-used = That code was used already. Wait for a new one. { wrong-left }
refusal-code-expired = Our last code has run out, or too many wrong ones were entered. Ask for a new one.
refusal-key-slip = That is no whole recovery key: one of its 28 characters is wrong, missing or too many. Look again; this try was not counted.
refusal-recovery-key-needed = Your other methods are out of use: only your recovery key admits you now.
refusal-backup-slip = That is no whole backup code: one of its 18 characters is wrong, missing or too many. Look again; this try was not counted.
refusal-backup-code-needed = Your other methods are out of use: only one of your backup codes admits you now.
refusal-backup-code-used = That backup code was used already. Take another one. { wrong-left }
refusal-send-too-soon = That was too often. You can ask again at { $time } UTC.
refusal-email-proof-needed = First confirm that the email address is yours.
refusal-wrong-proof = The password or the code is not right. { wrong-left }
refusal-missing = Fill in every field.
refusal-locked-until = Too many wrong tries. This name is locked until { $time } UTC (in { $minutes ->
        [one] 1 minute
       *[other] { $minutes } minutes
    }). Until then even the right entries are refused.
refusal-locked = Too many wrong tries. This name is locked for up to an hour. Until then even the right entries are refused.
refusal-source-slowed = Too many people could not sign in from your network lately. Try again at { $time } UTC (in { $minutes ->
        [one] 1 minute
       *[other] { $minutes } minutes
    }), or use a browser in which you signed in before.
refusal-over = This sign-in ran out or was finished elsewhere. Sign in again.
refusal-set-up-over = This set-up ran out or was finished elsewhere. Start again.
refusal-second-factor-disabled = Your second step is blocked: there were too many wrong codes, or you told us that something was not you. Ask { -helper } to help you sign in again.
refusal-enrollment-required = Your company requires two-factor authentication, and yours is not set up. Ask { -helper } to help you.
refusal-operator-enrollment-required = An operator signs in with a second step, and yours is not set up. Ask another operator for “countersign operator reset” with your address: you get a link to set it up.
refusal-app-needed = This takes a code from your app: one that we send is not enough. Sign in with the app first. If you lost it, ask { -helper } to help you.
refusal-phone-needed = This takes a code from your phone: one from an email is not enough. Sign in with the phone first. If you lost it, ask { -helper } to help you.
refusal-not-allowed = Your company’s rules do not allow this.
refusal-nothing-there = There is nothing left to do: somebody else was faster.
refusal-own-account = You cannot do this to your own account here. Use your own profile, or ask another operator.
refusal-email-taken = Somebody has an account with this address already. If it is yours, ask for “countersign operator add” with it instead.
refusal-wrong-first-code = That code is not right. Enter the newest one of the entry that you have just added; the time of your phone must be right. After { $tries ->
        [one] 1 more wrong try
       *[other] { $tries } more wrong tries
    } you start again.
refusal-of-operator = This person is an operator. “countersign operator reset” on the server’s console lets an operator back in who lost something.
refusal-session-ended = Too many wrong tries. You are signed out; sign in again.

## The demo's inbox

inbox-heading = Demo inbox
inbox-explanation = A real server would send these messages. The demo keeps them here.
inbox-empty = No messages yet. They appear here as soon as something is sent.
inbox-from = { $brand } to
inbox-only = Messages to { $to }.
inbox-all = Show all
inbox-sign-in = Go to sign in

## Problems

problem-home = Go to the start page
problem-reload = Open the page again
problem-for-support = For support: { $code }, { $id }
problem-not-found = This page does not exist
problem-not-found-next = Check the address, or start from the beginning.
problem-method = This address does not work that way
problem-method-next = Start from the beginning and use the buttons on the page.
problem-host = This address is not served here
problem-host-next = Open { $address } instead.
problem-large = That was too much to send
problem-large-next = Go back and enter something shorter.
problem-slow = Your form took too long to arrive
problem-slow-next = Check your connection, go back and try again.
problem-not-a-form = We could not read what was sent
problem-form-next = Go back, reload the page and fill in the form again.
problem-form-malformed = The form arrived damaged
problem-form-duplicate = The form sent the same field twice
problem-form-unknown = The form sent a field that does not belong to it
problem-form-missing = The form arrived without all of its fields
problem-form-many = The form sent too many fields
problem-stale = This page is out of date
problem-stale-next = You signed in or out since you opened it, or your browser keeps no cookies. Open it again; nothing was changed.
stale-sign-in = You signed in or out since you opened this page, or your browser keeps no cookies. Type your password again.
problem-foreign = This request came from another site
problem-foreign-next = Nothing was changed. If you meant to do this, open our page and do it there.
problem-busy = We are very busy
problem-busy-next = Wait a few seconds, then go back and try again.
problem-unavailable = We cannot answer right now
problem-unavailable-next = Nobody gets in while we cannot check it properly. Try again in a few minutes.
problem-fault = Something went wrong on our side
problem-fault-next = Wait a moment, then go back and try again. If it happens again, tell { -helper } the code below.
