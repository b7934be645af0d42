// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware for image_cli.sh: something of every segment, never run.
 */
int counter = 7;
int zeroed[100];
static const char message[] = "constants belong to text";

__attribute__((section(".text.first"))) int cold_entry(void)
{
	return counter + zeroed[counter & 31] + message[counter & 15];
}

int warm_entry(void)
{
	return counter * 2;
}

#ifndef NO_BOOTSTRAP
__attribute__((section(".bootstrap"))) unsigned int not_the_entry(void)
{
	return 1;
}

__attribute__((section(".bootstrap")))
unsigned int bootstrap_entry(void *handover, unsigned int op)
{
	return handover ? op : 0;
}
#endif
