"""Every message of an error that a documented command can show is shown here once, and none is a traceback.

census     the places in the source where such a message is made
case       a command line with what it is given and what it must say
cases_*    the cases, by command
"""
